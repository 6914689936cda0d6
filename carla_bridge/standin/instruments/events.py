"""How an event camera sees two pictures: every crossing of a threshold, at the time when it happened between them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carla_bridge.standin.life.actors import number
from carla_bridge.standin.rendering.pixels import brightness, crossings

EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "?")])  # 13 bytes; t in nanoseconds
LEAST_THRESHOLD = 0.01


@dataclass(frozen=True)
class Thresholds:
    """What makes a pixel speak."""

    positive: float
    negative: float
    positive_stddev: float
    negative_stddev: float
    refractory_ns: int
    is_log: bool
    log_eps: float
    seed: int

    @staticmethod
    def of(attributes: Mapping[str, str]) -> "Thresholds":
        """Read what the blueprint says."""
        return Thresholds(
            max(LEAST_THRESHOLD, number(attributes, "positive_threshold", 0.3)),
            max(LEAST_THRESHOLD, number(attributes, "negative_threshold", 0.3)),
            max(0.0, number(attributes, "sigma_positive_threshold", 0.0)),
            max(0.0, number(attributes, "sigma_negative_threshold", 0.0)),
            max(0, int(number(attributes, "refractory_period_ns", 0))),
            attributes.get("use_log", "true").lower() not in ("false", "0"),
            max(1e-6, number(attributes, "log_eps", 0.001)),
            int(abs(number(attributes, "noise_seed", 0))),
        )


class Events:
    """Remembers the picture before, what each pixel last spoke at, and when."""

    def __init__(self, thresholds: Thresholds):
        self._thresholds = thresholds
        self._rng = np.random.default_rng(thresholds.seed)
        self._before: np.ndarray | None = None  # H,W float64
        self._spoken_at: np.ndarray = np.zeros(0)  # H,W float64
        self._spoken_ns: np.ndarray = np.zeros(0, np.int64)  # H,W
        self._time_ns = 0

    def since(self, pixels: np.ndarray, time_s: float) -> np.ndarray:
        """Return the events (`EVENT`), in order of time, between the picture before and this one (H,W uint32)."""
        bright, time_ns = np.empty(pixels.shape), round(time_s * 1e9)
        brightness(pixels, self._thresholds.is_log, self._thresholds.log_eps, bright)
        if self._before is None or self._before.shape != bright.shape:
            self._spoken_at, self._spoken_ns = bright.copy(), np.full(bright.shape, -(2**62), np.int64)
            found = np.zeros((0, 4), np.int64)
        else:
            span = np.array([self._time_ns, time_ns], np.int64)
            levels = np.stack([self._levels(bright.shape, up) for up in (True, False)])
            memory = self._spoken_at, self._spoken_ns
            found = crossings(self._before, bright, levels, span, self._thresholds.refractory_ns, *memory)
        self._before, self._time_ns = bright, time_ns
        events = np.empty(len(found), EVENT)
        for name, column in zip(("x", "y", "t", "pol"), found.T, strict=True):
            events[name] = column
        return events[np.argsort(events["t"], kind="stable")]

    def _levels(self, shape: tuple[int, ...], up: bool) -> np.ndarray:
        """Return the threshold of every pixel for this picture."""
        limits = self._thresholds
        middle = limits.positive if up else limits.negative
        stddev = limits.positive_stddev if up else limits.negative_stddev
        if not stddev:
            return np.full(shape, middle)
        return np.maximum(LEAST_THRESHOLD, self._rng.normal(middle, stddev, shape))
