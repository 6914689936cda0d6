"""What a live drive's stages take, written down once a second for programs: one JSON object a line."""

import json
import resource
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from carla_bridge.outputs import make_room, writing
from carla_bridge.timing import StageTimes

EVERY_S = 1.0


class StatsFile:
    """Lines of frames, rate, memory, and median and 95th percentile of every stage over its last few seconds.

    The stage "age" is from the beginning of a frame's tick until it has been shown and written.
    """

    def __init__(self, path: Path, times: StageTimes, *, overwrite: bool = False) -> None:
        self.path = path
        self._times = times
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        make_room(self.path, overwrite=self._overwrite)
        with writing(self.path):
            self._file = self.path.open("w", encoding="utf-8")
        self._began_s = self._written_s = time.perf_counter()
        self._frames = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if self._frames:
                self._write()

    def done_one(self, frames: int) -> None:
        """Take notice of a frame; write when it is time to."""
        self._frames = frames
        if time.perf_counter() - self._written_s >= EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written_s = time.perf_counter()
        with writing(self.path):
            self._file.write(json.dumps(self._line()) + "\n")
            self._file.flush()

    def _line(self) -> dict[str, Any]:
        stages = {}
        for stage in self._times.stages():
            p50_ms, p95_ms = self._times.quantiles_ms(stage)
            stages[stage] = {"p50_ms": round(p50_ms, 3), "p95_ms": round(p95_ms, 3)}
        return {
            "wall_s": round(self._written_s - self._began_s, 3),
            "frames": self._frames,
            "frames_per_s": round(self._times.fps_hz(), 2),
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "stages": stages,
        }
