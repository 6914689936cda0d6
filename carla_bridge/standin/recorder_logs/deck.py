"""What records and replays the world, like a tape deck: one of the two at a time, and never over a map change."""

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from carla_bridge.standin.recorder_logs.recorder import Recorder
from carla_bridge.standin.recorder_logs.recorder_log import VERSION, Header, LogReader, LogWriter
from carla_bridge.standin.recorder_logs.recordings import Recordings
from carla_bridge.standin.recorder_logs.replayer import Replayer, Wish

if TYPE_CHECKING:
    from carla_bridge.standin.life.world import World

log = logging.getLogger(__name__)


class Deck:
    """The recorder and the replayer of a simulation; call it while the world stands still."""

    def __init__(self, folder: Path | None = None) -> None:
        self.recordings = Recordings(folder)
        self.time_factor, self.ignore_hero, self.ignore_spectator = 1.0, False, True
        self._recording: _Recording | None = None
        self._replay: _Replay | None = None

    def record(self, world: "World", name: str, *, additional_data: bool) -> Path:
        """Begin to record a world, and return the file of the log."""
        self.stop()
        file, room_bytes = self.recordings.create(name)
        self._recording = _Recording(file, world, room_bytes, additional_data=additional_data)
        return self.recordings.path(name)

    def replay(self, world: "World", file: BinaryIO, reader: LogReader, wish: Wish) -> None:
        """Begin to replay a log in a world."""
        self.stop()
        self._replay = _Replay(self, file, Replayer(reader, world, wish))

    def stop_recording(self) -> None:
        """Close the log, if one is being written."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    def stop_replay(self, *, keep_actors: bool) -> None:
        """End the replay, if one is going on; those it brought may stay."""
        if self._replay is not None:
            self._replay.close(keep_actors=keep_actors)
            self._replay = None

    def stop(self) -> None:
        """End whatever is going on."""
        self.stop_recording()
        self.stop_replay(keep_actors=False)


class _Recording:
    """A world that is being recorded into a file."""

    def __init__(self, file: BinaryIO, world: "World", room_bytes: int, *, additional_data: bool) -> None:
        self._file, self._world, self._room_bytes = file, world, room_bytes
        self._writer = LogWriter(file, Header(VERSION, int(time.time()), map_name(world)))
        self._recorder = Recorder(self._writer, additional_data=additional_data)
        self._started_s = time.monotonic()
        world.after_moving.append(self._record)

    def close(self) -> None:
        if self._record in self._world.after_moving:
            self._world.after_moving.remove(self._record)
        self._file.close()

    def _record(self, world: "World") -> None:
        """Write a frame; a full disk ends the recording, not the simulation."""
        try:
            self._recorder.record(world, platform_s=time.monotonic() - self._started_s)
        except OSError as error:
            log.warning("the recording ends early: %s", error.strerror)
            self.close()
            return
        if self._writer.size_bytes >= self._room_bytes:
            log.warning("the recording ends: its log has all the %d bytes it may", self._room_bytes)
            self.close()


class _Replay:
    """A world in which a log is being replayed."""

    def __init__(self, deck: Deck, file: BinaryIO, replayer: Replayer) -> None:
        self._deck, self._file, self._replayer = deck, file, replayer
        replayer.world.after_moving.insert(0, self._advance)  # who measures or records comes after

    def close(self, *, keep_actors: bool) -> None:
        if self._advance in self._replayer.world.after_moving:
            self._replayer.world.after_moving.remove(self._advance)
            self._replayer.stop(keep_actors=keep_actors)
        self._file.close()

    def _advance(self, world: "World") -> None:
        self._replayer.advance(world.moment.delta_s, self._deck.time_factor)
        if self._replayer.is_over:
            self.close(keep_actors=True)


def map_name(world: "World") -> str:
    """Return the bare name of a world's map, as logs have it."""
    return world.town.name.rpartition("/")[2]
