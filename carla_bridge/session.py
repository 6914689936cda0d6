"""A live drive: connect to a CARLA server, put a car with cameras on the road, and leave no trace.

Synchronous mode: we tick, so every frame belongs to its tick, nothing piles up and nothing is dropped. On demand the
server runs on without waiting (`free_running`).
Whatever ends the drive, the server gets its settings and weather back and our actors are destroyed, once.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from carla_bridge.actors import destroy, drive_themselves, spawn_ego, spawn_points, spawn_traffic
from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, DriveTick, LabelFrame, RecordingMeta
from carla_bridge.free_running import free_ticks
from carla_bridge.labels import table_for_version, tag_table
from carla_bridge.rig import Rig, camera_metas, mount
from carla_bridge.server import Server
from carla_bridge.signals import held, terminable
from carla_bridge.state import StateReader
from carla_bridge.timing import StageTimes
from carla_bridge.walkers import spawn_walkers
from carla_bridge.world_changes import (
    Undo,
    change_weather,
    rate_by_itself,
    start_traffic_manager,
    step_ourselves,
)

if TYPE_CHECKING:
    import carla


class LiveDrive:
    """A drive on a CARLA server: label frames of its first camera for as long as you ask for them, one per tick.

    `ticks` yields all cameras at once, with the state of the world.
    """

    def __init__(
        self,
        server: Server,
        recording: RecordingMeta,
        *,
        ego: "carla.Vehicle",
        rig: Rig,
        ticks_per_frame: int,
        times: StageTimes,
    ):
        self.world, self.recording, self.ego = server.world, recording, ego
        self.meta: DriveMeta = recording.of_camera(rig.cameras[0].name)
        self._server, self._rig, self._times = server, rig, times
        self._ticks_per_frame = ticks_per_frame

    @classmethod
    @contextmanager
    def open(
        cls,
        server: ServerConfig | None = None,  # or only its host and port
        *,
        host: str = "127.0.0.1",
        port: int = 2000,
        camera: CameraConfig | None = None,
        cameras: Mapping[str, CameraConfig]
        | None = None,  # several, by name, instead of the one called "front"
        layers: Collection[str] = (),  # besides the tags: "instance", "depth", "rgb", "flow"
        session: SessionConfig | None = None,
        times: StageTimes | None = None,  # measures the stages "tick" and "receive"
    ) -> Iterator[Self]:
        """Connect, set up, and hand out the drive; afterwards the server is as it was before."""
        address = server or ServerConfig(host=host, port=port)
        with terminable(), connected(address) as (there, undo):
            yield cls._set_up(
                there,
                undo,
                address=address,
                cameras=cameras or {"front": camera or CameraConfig()},
                layers=layers,
                session=session or SessionConfig(),
                times=times or StageTimes(),
            )

    @classmethod
    def _set_up(
        cls,
        server: Server,
        undo: Undo,
        *,
        address: ServerConfig,
        cameras: Mapping[str, CameraConfig],
        layers: Collection[str],
        session: SessionConfig,
        times: StageTimes,
    ) -> Self:
        table = tag_table(address.tag_table) if address.tag_table else table_for_version(server.version)
        ticks_per_frame = _ticks_per_frame(cameras, session)
        if session.synchronous:
            step_ourselves(server, undo, step_s=session.step_s, takeover=address.takeover)
            fps_hz = 1 / (session.step_s * ticks_per_frame)
        else:
            fps_hz = rate_by_itself(server)
        change_weather(server, undo, session.weather)
        tm_port = start_traffic_manager(server, undo, session)
        with server.answering("read its map"):
            world_map = server.world.get_map()
        ego, rig, first_tick = _populate(
            server, undo, world_map, cameras=cameras, layers=layers, session=session, tm_port=tm_port
        )
        recording = RecordingMeta(
            map_name=world_map.name,
            server_version=server.version,
            tag_table=table.release,
            fps_hz=fps_hz,
            cameras=camera_metas(cameras),
            seed=session.seed,
            asynchronous=not session.synchronous,
        )
        drive = cls(
            server,
            recording,
            ego=ego,
            rig=rig,
            ticks_per_frame=ticks_per_frame,
            times=times,
        )
        if session.synchronous:
            rig.await_first_frame(first_tick, ticks_per_frame=ticks_per_frame)
        else:
            rig.next_frames()
        return drive

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield one label frame per tick, exactly that tick's, for ever."""
        while True:
            yield (self._rig.next_frames() if self.recording.asynchronous else self._step())[0]

    def ticks(self) -> Iterator[DriveTick]:
        """Yield the label frames of all cameras and the state of the world, tick by tick, for ever."""
        if self.recording.asynchronous:
            yield from free_ticks(self._server, self._rig, self.ego, self._times)
        states = StateReader(self.world, self.ego)
        while True:
            frames = self._step()
            with self._times.measure("state"), self._server.answering("tell its state"):
                state = states.read(frames[0].tick, frames[0].time_s)
            yield DriveTick(frames, state)

    def _step(self) -> tuple[LabelFrame, ...]:
        began_s = time.perf_counter()
        with self._times.measure("tick"):
            for _ in range(self._ticks_per_frame):
                tick = self._server.tick()
        self._times.tick_began(tick, began_s)
        with self._times.measure("receive"):
            return self._rig.frames_at(tick)


@contextmanager
def connected(address: ServerConfig) -> Iterator[tuple[Server, Undo]]:
    """Connect, and take back at the end whatever was noted as undoable."""
    server = Server(address.host, address.port, timeout_s=address.timeout_s)
    undo = Undo(server)
    try:
        yield server, undo
    finally:
        undo.now()
        server.lifeline.close()


def _populate(
    server: Server,
    undo: Undo,
    world_map: "carla.Map",
    *,
    cameras: Mapping[str, CameraConfig],
    layers: Collection[str],
    session: SessionConfig,
    tm_port: int,
) -> tuple["carla.Vehicle", Rig, int]:
    """Spawn the ego vehicle, its cameras and the traffic, each noted for destruction before anything can fail.

    Returns the first tick since the cameras listen, too.
    """
    made: list[int] = []
    undo.later("destroy our actors", lambda: destroy(server, made[::-1]))
    step = server.tick if session.synchronous else server.await_tick
    points = spawn_points(world_map, seed=session.seed)
    with held():
        ego = spawn_ego(server, session.ego_blueprint, _choose(points, session, world_map))
        made.append(ego.id)
    with held(), server.answering("spawn the traffic"):
        made += spawn_traffic(server, session.vehicles, points, seed=session.seed)
        vehicles = list(made)
    with held(), server.answering("spawn the walkers"):
        for walker in spawn_walkers(server, undo, session.walkers, seed=session.seed, step=step):
            made.append(walker)
    timeout_s = session.sensor_timeout_s
    rig = mount(server, undo, cameras, layers, vehicle=ego, made=made, timeout_s=timeout_s)
    first_tick = step()  # the client knows a new actor's place only from the next state on
    with server.answering("start the autopilot"):
        drive_themselves(server, vehicles, tm_port=tm_port)
    return ego, rig, first_tick


def _choose(
    points: "list[carla.Transform]", session: SessionConfig, world_map: "carla.Map"
) -> "list[carla.Transform]":
    if session.spawn_index is None:
        return points
    in_order = world_map.get_spawn_points()
    if session.spawn_index >= len(in_order):
        raise BridgeError(
            f"session.spawn_index is {session.spawn_index}, but {world_map.name} has {len(in_order)} spawn points"
        )
    return [in_order[session.spawn_index]]


def _ticks_per_frame(cameras: Mapping[str, CameraConfig], session: SessionConfig) -> int:
    if not session.synchronous and any(camera.sensor_tick_s for camera in cameras.values()):
        raise BridgeError(
            "an asynchronous drive takes every picture that comes; leave out camera.sensor_tick_s"
        )
    sensor_tick_s = max(camera.sensor_tick_s for camera in cameras.values())
    if any(camera.sensor_tick_s != sensor_tick_s for camera in cameras.values()):
        raise BridgeError("the cameras differ in sensor_tick_s; a drive has one rate, give all the same")
    ticks = max(1, round(sensor_tick_s / session.step_s))
    if sensor_tick_s and abs(ticks * session.step_s - sensor_tick_s) > 1e-6:
        raise BridgeError(
            f"camera.sensor_tick_s is {sensor_tick_s:g}; "
            f"it must be a whole multiple of session.step_s, which is {session.step_s:g}"
        )
    return ticks
