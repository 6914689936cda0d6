"""Synthetic training data, end to end: for every drive a server, a car with cameras on it, and its samples on disk.

Drives are independent of each other: each has a stand-in of its own, or the world of a server loaded anew.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from carla_bridge.config import ServerConfig
from carla_bridge.errors import BridgeError
from carla_bridge.frames import RecordingMeta
from carla_bridge.server import Server
from carla_bridge.session import LiveDrive
from carla_bridge.synthesis.dataset import DatasetFolder
from carla_bridge.synthesis.drive import Workshop, synthesize_drive
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesis.records import RecordWriter, read_records

LAYERS = ("instance", "depth")  # besides the tags: objects, and what hides what
LOADING_S = 120.0  # a big map takes a server long

Serve = Callable[[DrivePlan], AbstractContextManager[ServerConfig]]  # a server in the drive's town
Told = Callable[[int], object]  # is told how many samples the drive has


@dataclass(frozen=True)
class DriveEnd:
    """What a drive came to."""

    samples: int
    planned: int
    map_name: str
    server_version: str

    def told(self) -> Mapping[str, Any]:
        """Return it as plain JSON."""
        return {
            "samples": self.samples,
            "planned": self.planned,
            "map": self.map_name,
            "server_version": self.server_version,
        }


def run_drive(
    plan: DrivePlan,
    folder: DatasetFolder,
    workshop: Workshop,
    serve: Serve,
    progress: Told = lambda done: None,
) -> DriveEnd:
    """Drive a drive until it has its samples, and note that it has."""
    with ExitStack() as opened:
        address = opened.enter_context(serve(plan))
        records = opened.enter_context(RecordWriter(folder.records_of(plan)))
        drive = opened.enter_context(
            LiveDrive.open(address, cameras=plan.cameras, layers=LAYERS, session=plan.session)
        )
        meta: RecordingMeta = drive.recording
        samples = synthesize_drive(drive.ticks(), meta, plan, workshop, records, progress)
    end = DriveEnd(samples, plan.samples, meta.map_name, meta.server_version)
    folder.end(plan, end.told())
    return end


def to_be_driven(folder: DatasetFolder) -> list[DrivePlan]:
    """Return the drives that an earlier run has not ended."""
    return [drive for drive in folder.drives if folder.ended(drive) is None]


def count_samples(folder: DatasetFolder, *drives: DrivePlan) -> int:
    """Return how many samples there are so far, of all drives or of these."""
    return sum(len(read_records(folder.records_of(drive))) for drive in drives or folder.drives)


@contextmanager
def loaded(address: ServerConfig, plan: DrivePlan) -> Iterator[ServerConfig]:
    """Load the drive's map on a server of yours, anew even if it is there: every drive begins in a fresh world.

    The server keeps the map afterwards; all else is put back by the drive itself.
    """
    server = Server(address.host, address.port, timeout_s=max(address.timeout_s, LOADING_S))
    try:
        with server.answering("tell its settings"):
            busy = server.world.get_settings().synchronous_mode and not address.takeover
        if not busy:  # else the drive says so, and who is there
            _load(server, plan.town)
    finally:
        server.lifeline.close()
    yield address


def _load(server: Server, town: int | str) -> None:
    with server.answering("list its maps"):
        known = sorted(name.rpartition("/")[2] for name in server.client.get_available_maps())
    if isinstance(town, str) and town not in known:
        raise BridgeError(f"the server at {server.where} has no map {town!r}; it has {', '.join(known)}")
    with server.answering(f"load the map {town}"):
        if isinstance(town, str):
            server.client.load_world(town)
        else:
            server.client.reload_world()
