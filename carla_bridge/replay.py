"""CARLA's recorder logs as drives: a server replays the log, our cameras ride on one of its vehicles.

The server reads the log from its own disk; the name is the server's. Synchronous mode: each tick is one step of the
replay, so the same log gives the same ticks.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, cast

from carla_bridge.actors import destroy
from carla_bridge.config import CameraConfig, ServerConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveTick, RecordingMeta
from carla_bridge.labels import table_for_version, tag_table
from carla_bridge.rig import Rig, camera_metas, mount
from carla_bridge.server import Server
from carla_bridge.session import connected
from carla_bridge.signals import terminable
from carla_bridge.state import StateReader
from carla_bridge.world_changes import Undo, step_ourselves

if TYPE_CHECKING:
    import carla

EGO_ROLES = ("hero", "ego_vehicle", "ego")


class CannotReplay(BridgeError):
    """The server has no such log, or the log no such vehicle."""

    def __init__(self, log: str, problem: str):
        super().__init__(f"the recorder log {log} cannot be replayed: {problem}")


class ReplayedDrive:
    """A recorder log while a server replays it: `ticks` yields all of it, once."""

    def __init__(
        self,
        server: Server,
        recording: RecordingMeta,
        *,
        vehicle: "carla.Vehicle",
        rig: Rig,
        last_tick: int,
    ):
        self.recording = recording
        self._server, self._vehicle, self._rig, self._last_tick = server, vehicle, rig, last_tick

    @classmethod
    @contextmanager
    def open(
        cls,
        log: str,
        server: ServerConfig,
        *,
        cameras: Mapping[str, CameraConfig],
        layers: Collection[str] = (),
        ego: int | None = None,  # the vehicle's number in the log; None: by its role name
        step_s: float = 0.05,
        sensor_timeout_s: float = 10.0,
    ) -> Iterator[Self]:
        """Connect, mount the cameras on the halted replay, and let it run when `ticks` is read.

        Afterwards the replay is stopped and the server's settings are as before; the log's map stays loaded.
        """
        with terminable(), connected(server) as (there, undo):
            step_ourselves(there, undo, step_s=step_s, takeover=server.takeover)
            duration_s = _prepare(there, log)
            _replay(there, undo, log)
            made: list[int] = []
            undo.later("destroy our cameras", lambda: destroy(there, made[::-1]))
            vehicle = _find_ego(there, log, ego)
            rig = mount(there, undo, cameras, layers, vehicle=vehicle, made=made, timeout_s=sensor_timeout_s)
            table = tag_table(server.tag_table) if server.tag_table else table_for_version(there.version)
            with there.answering("tell its map"):
                map_name = there.world.get_map().name
            metas = camera_metas(cameras)
            recording = RecordingMeta(map_name, there.version, table.release, 1 / step_s, metas, source=log)
            rig.await_first_frame()
            with there.answering("let the replay run"):
                there.client.set_replayer_time_factor(1.0)
                last_tick = there.world.get_snapshot().frame + max(1, round(duration_s / step_s))
            yield cls(there, recording, vehicle=vehicle, rig=rig, last_tick=last_tick)

    def __len__(self) -> int:
        """Return how many ticks of the log are left."""
        return max(0, self._last_tick - self._server.world.get_snapshot().frame)

    def ticks(self) -> Iterator[DriveTick]:
        """Yield the label frames of all cameras and the state of the world until the log or its ego ends."""
        states = StateReader(self._server.world, self._vehicle)
        tick = 0
        while tick < self._last_tick:
            tick = self._server.tick()
            if self._server.world.get_snapshot().find(self._vehicle.id) is None:
                return
            frames = self._rig.frames_at(tick)
            with self._server.answering("tell its state"):
                state = states.read(tick, frames[0].time_s)
            yield DriveTick(frames, state)


def _prepare(server: Server, log: str) -> float:
    """Load the log's map if it is another one, and return how long the log is, as the server's report says."""
    with server.answering("read the log"):
        report = server.client.show_recorder_file_info(log, False)
    duration = re.search(r"^Duration: ([0-9.]+) seconds", report, re.MULTILINE)
    map_name = re.search(r"^Map: (\S+)", report, re.MULTILINE)
    if not duration or not map_name:
        raise CannotReplay(log, f"the server at {server.where} says: {' '.join(report.split())[:200]}")
    wanted = map_name[1].rpartition("/")[2]
    with server.answering(f"load the log's map {wanted}"):
        if server.world.get_map().name.rpartition("/")[2] != wanted:
            server.world = server.client.load_world(wanted, False)  # the settings stay ours
    return float(duration[1])


def _replay(server: Server, undo: Undo, log: str) -> None:
    """Begin the replay, halted at its beginning: none of it passes while cameras are mounted."""
    undo.later("let replays run again", lambda: server.client.set_replayer_time_factor(1.0))
    undo.later("stop the replay", lambda: server.client.stop_replayer(False))
    with server.answering("replay the log"):
        server.client.set_replayer_time_factor(0.0)
        answer = server.client.replay_file(log, 0.0, 0.0, 0, False)
    if "not found" in answer.lower():
        raise CannotReplay(log, " ".join(answer.split()))
    server.tick()  # the client knows the replayed actors from the next state on


def _find_ego(server: Server, log: str, ego: int | None) -> "carla.Vehicle":
    """Return the vehicle of that number, or the one whose role name says that it is the ego."""
    with server.answering("list its vehicles"):
        vehicles = cast("list[carla.Vehicle]", list(server.world.get_actors().filter("vehicle.*")))
    if ego is not None:
        for vehicle in vehicles:
            if vehicle.id == ego:
                return vehicle
        raise CannotReplay(log, f"no vehicle {ego} is in it; it has {_listed(vehicles)}")
    for role in EGO_ROLES:
        for vehicle in vehicles:
            if vehicle.attributes.get("role_name") == role:
                return vehicle
    raise CannotReplay(
        log, f"no vehicle's role name is {', '.join(EGO_ROLES)}; choose one with --ego of {_listed(vehicles)}"
    )


def _listed(vehicles: "list[carla.Vehicle]") -> str:
    named = [f"{vehicle.id} ({vehicle.type_id.removeprefix('vehicle.')})" for vehicle in vehicles[:12]]
    return ", ".join(named) + (f" and {len(vehicles) - 12} more" if len(vehicles) > 12 else "") or "none"
