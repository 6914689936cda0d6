"""Streams that clients are about to open: a tick waits for them a moment, or it would overtake them."""

import time
from collections import deque

MAX_ANNOUNCED = 1000
ANNOUNCED_S = 0.5  # how long a tick waits for a stream that a client is about to open


class Announced:
    """What was announced, in that order, until it is opened or too late."""

    def __init__(self) -> None:
        self._expected: deque[tuple[float, int]] = deque(maxlen=MAX_ANNOUNCED)  # until when, stream

    def __len__(self) -> int:
        self._forget_the_late()
        return len(self._expected)

    def add(self, stream_id: int) -> None:
        """Expect a subscription soon."""
        self._forget_the_late()
        self._expected.append((time.monotonic() + ANNOUNCED_S, stream_id))

    def opened(self, stream_id: int) -> None:
        """Expect it no longer, if it was expected."""
        if found := next((each for each in self._expected if each[1] == stream_id), None):
            self._expected.remove(found)

    def give_up_s(self) -> float:
        """Return when whoever begins to wait now has waited long enough, however many are announced meanwhile."""
        return time.monotonic() + ANNOUNCED_S

    def left_s(self) -> float:
        """Return how long the latest one may still take, in seconds; 0 if none is expected."""
        return max(0.0, self._expected[-1][0] - time.monotonic()) if self._expected else 0.0

    def _forget_the_late(self) -> None:
        while self._expected and self._expected[0][0] <= time.monotonic():
            self._expected.popleft()
