"""How long each stage of the pipe takes, over the last few seconds; it knows names and clocks, no frames."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_FPS_FRAMES = 40  # the rate a viewer shows follows a change within about two seconds


class StageTimes:
    """The latency of every stage and the frame rate, over a sliding window."""

    def __init__(self, window: int = 240):
        self._window = window
        self._seconds: dict[str, deque[float]] = {}
        self._frame_ends: deque[float] = deque(maxlen=_FPS_FRAMES + 1)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Count the time inside the block towards a stage; a block that raises does not count."""
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        self._seconds.setdefault(stage, deque(maxlen=self._window)).append(seconds)

    def frame_done(self) -> None:
        """Note that one frame has gone all the way."""
        self._frame_ends.append(time.perf_counter())

    def stages(self) -> tuple[str, ...]:
        """Return the stages measured so far, in the order of their first use."""
        return tuple(self._seconds)

    def quantiles_ms(self, stage: str) -> tuple[float, float]:
        """Return the median and the 95th percentile of a stage, in milliseconds."""
        ordered = sorted(self._seconds[stage])  # a tenth of what np.percentile costs, for every frame shown
        last = len(ordered) - 1
        return ordered[round(0.50 * last)] * 1e3, ordered[round(0.95 * last)] * 1e3

    def fps_hz(self) -> float:
        """Return the frame rate over the last frames; 0 before there are two."""
        if len(self._frame_ends) < 2:
            return 0.0
        return (len(self._frame_ends) - 1) / (self._frame_ends[-1] - self._frame_ends[0])
