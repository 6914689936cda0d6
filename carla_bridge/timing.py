"""How long each stage of the pipe takes, over the last few seconds; it knows names and clocks, no frames."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_FPS_FRAMES = 40  # the rate a viewer shows follows a change within about two seconds
_UNDER_WAY = 64  # frames whose beginning is remembered
AGE = "age"  # the stage from the beginning of a frame's tick until it has gone all the way


class StageTimes:
    """The latency of every stage and the frame rate, over a sliding window. Several threads may measure."""

    def __init__(self, window: int = 240):
        self._window = window
        self._seconds: dict[str, deque[float]] = {}
        self._frame_ends: deque[float] = deque(maxlen=_FPS_FRAMES + 1)
        self._begun: dict[int, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Count the time inside the block towards a stage; a block that raises does not count."""
        started = time.perf_counter()
        yield
        self._add(stage, time.perf_counter() - started)

    def tick_began(self, tick: int, began_s: float) -> None:
        """Note when a tick was asked for, by `time.perf_counter`."""
        with self._lock:
            self._begun[tick] = began_s
            while len(self._begun) > _UNDER_WAY:
                del self._begun[next(iter(self._begun))]

    def frame_done(self, tick: int | None = None) -> None:
        """Note that one frame has gone all the way; of a tick whose beginning is known, the stage "age"."""
        now_s = time.perf_counter()
        self._frame_ends.append(now_s)
        with self._lock:
            began_s = self._begun.pop(tick, None) if tick is not None else None
        if began_s is not None:
            self._add(AGE, now_s - began_s)

    def forget(self) -> None:
        """Begin anew; ticks under way stay known."""
        with self._lock:
            self._seconds.clear()
            self._frame_ends.clear()

    def _add(self, stage: str, seconds: float) -> None:
        with self._lock:
            self._seconds.setdefault(stage, deque(maxlen=self._window)).append(seconds)

    def stages(self) -> tuple[str, ...]:
        """Return the stages measured so far, in the order of their first use."""
        with self._lock:
            return tuple(self._seconds)

    def quantiles_ms(self, stage: str) -> tuple[float, float]:
        """Return the median and the 95th percentile of a stage, in milliseconds."""
        with self._lock:
            ordered = sorted(
                self._seconds[stage]
            )  # a tenth of what np.percentile costs, for every frame shown
        last = len(ordered) - 1
        return ordered[round(0.50 * last)] * 1e3, ordered[round(0.95 * last)] * 1e3

    def fps_hz(self) -> float:
        """Return the frame rate over the last frames; 0 before there are two."""
        if len(self._frame_ends) < 2:
            return 0.0
        return (len(self._frame_ends) - 1) / (self._frame_ends[-1] - self._frame_ends[0])
