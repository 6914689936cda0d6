"""A live drive: connect to a CARLA server, put a car with a camera on the road, and leave no trace.

Synchronous mode: we tick, so every frame belongs to its tick, nothing piles up and nothing is dropped.
Whatever ends the drive, the server gets its settings and weather back and our actors are destroyed, once.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from carla_bridge.actors import destroy, drive_themselves, spawn_ego, spawn_points, spawn_traffic
from carla_bridge.cameras import SemanticCamera, SensorTimeout, spawn_camera
from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.labels import table_for_version, tag_table
from carla_bridge.server import Server
from carla_bridge.signals import held, terminable
from carla_bridge.timing import StageTimes
from carla_bridge.world_changes import Undo, change_weather, start_traffic_manager, step_ourselves

if TYPE_CHECKING:
    import carla

_FIRST_FRAME_S = 0.5  # per try: a tick can overtake the camera's stream, which is still connecting


class LiveDrive:
    """A drive on a CARLA server: label frames for as long as you ask for them, one per tick."""

    def __init__(
        self,
        server: Server,
        meta: DriveMeta,
        *,
        ego: "carla.Vehicle",
        camera: SemanticCamera,
        ticks_per_frame: int,
        sensor_timeout_s: float,
        times: StageTimes,
    ):
        self.world, self.meta, self.ego = server.world, meta, ego
        self._server, self._camera, self._times = server, camera, times
        self._ticks_per_frame, self._sensor_timeout_s = ticks_per_frame, sensor_timeout_s

    @classmethod
    @contextmanager
    def open(
        cls,
        server: ServerConfig | None = None,  # or only its host and port
        *,
        host: str = "127.0.0.1",
        port: int = 2000,
        camera: CameraConfig | None = None,
        session: SessionConfig | None = None,
        times: StageTimes | None = None,  # measures the stages "tick" and "receive"
    ) -> Iterator[Self]:
        """Connect, set up, and hand out the drive; afterwards the server is as it was before."""
        address = server or ServerConfig(host=host, port=port)
        with terminable(), _connected(address) as (connected, undo):
            yield cls._set_up(
                connected,
                undo,
                address=address,
                camera=camera or CameraConfig(),
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
        camera: CameraConfig,
        session: SessionConfig,
        times: StageTimes,
    ) -> Self:
        table = tag_table(address.tag_table) if address.tag_table else table_for_version(server.version)
        ticks_per_frame = _ticks_per_frame(camera, session)
        step_ourselves(server, undo, step_s=session.step_s, takeover=address.takeover)
        change_weather(server, undo, session.weather)
        tm_port = start_traffic_manager(server, undo, session)
        with server.answering("read its map"):
            world_map = server.world.get_map()
        ego, sensor = _populate(server, undo, world_map, camera=camera, session=session, tm_port=tm_port)
        meta = DriveMeta(
            map_name=world_map.name,
            server_version=server.version,
            tag_table=table.release,
            width=camera.width,
            height=camera.height,
            fov_deg=camera.fov_deg,
            fps_hz=1 / (session.step_s * ticks_per_frame),
        )
        drive = cls(
            server,
            meta,
            ego=ego,
            camera=sensor,
            ticks_per_frame=ticks_per_frame,
            sensor_timeout_s=session.sensor_timeout_s,
            times=times,
        )
        drive._await_first_frame()
        return drive

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield one label frame per tick, exactly that tick's, for ever."""
        while True:
            with self._times.measure("tick"):
                for _ in range(self._ticks_per_frame):
                    tick = self._server.tick()
            with self._times.measure("receive"):
                frame = self._frame_at(tick, timeout_s=self._sensor_timeout_s)
            yield frame

    def _frame_at(self, tick: int, *, timeout_s: float) -> LabelFrame:
        return self._camera.frame_at(tick, timeout_s=timeout_s, check=self._server.check)

    def _await_first_frame(self) -> None:
        deadline_s = time.monotonic() + self._sensor_timeout_s
        while True:
            try:
                self._frame_at(self._server.tick(), timeout_s=min(_FIRST_FRAME_S, self._sensor_timeout_s))
                return
            except SensorTimeout:
                if time.monotonic() > deadline_s:
                    raise


@contextmanager
def _connected(address: ServerConfig) -> Iterator[tuple[Server, Undo]]:
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
    camera: CameraConfig,
    session: SessionConfig,
    tm_port: int,
) -> tuple["carla.Vehicle", SemanticCamera]:
    """Spawn the ego vehicle, its camera and the traffic, each noted for destruction before anything can fail."""
    made: list[int] = []
    undo.later("destroy our actors", lambda: destroy(server, made[::-1]))
    points = spawn_points(world_map, seed=session.seed)
    with held():
        ego = spawn_ego(server, session.ego_blueprint, _choose(points, session, world_map))
        made.append(ego.id)
    with held(), server.answering("spawn the traffic"):
        made += spawn_traffic(server, session.vehicles, points, seed=session.seed)
        vehicles = list(made)
    with held(), server.answering("spawn the camera"):
        sensor = spawn_camera(server.world, camera, parent=ego)
        made.append(sensor.id)
    with server.answering("start the camera"):
        semantic = SemanticCamera(sensor)
        undo.later("stop the camera", semantic.stop)
    server.tick()  # the client knows a new actor's place only from the next state on
    with server.answering("start the autopilot"):
        drive_themselves(server, vehicles, tm_port=tm_port)
    return ego, semantic


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


def _ticks_per_frame(camera: CameraConfig, session: SessionConfig) -> int:
    ticks = max(1, round(camera.sensor_tick_s / session.step_s))
    if camera.sensor_tick_s and abs(ticks * session.step_s - camera.sensor_tick_s) > 1e-6:
        raise BridgeError(
            f"camera.sensor_tick_s is {camera.sensor_tick_s:g}; "
            f"it must be a whole multiple of session.step_s, which is {session.step_s:g}"
        )
    return ticks
