"""Faults on demand, written in a line: what goes wrong, with what, from which tick on and how often.

    ACTION[:TARGET][:SECONDSs][@TICK[xCOUNT]][~PROBABILITY[#SEED]]

Ticks are those that clients ask for in synchronous mode, counted from 1 over the server's whole life.
"""

import random
import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import NamedTuple

from carla_bridge.standin.calls.table import METHODS
from carla_bridge.standin.errors import StandInError
from carla_bridge.standin.protocol.payloads import CAMERA_TYPES, SensorType

_SPEC = re.compile(r"([a-z]+)((?::[^:@~#]+)*)(?:@([1-9]\d*)(?:x([1-9]\d*))?)?(?:~(0?\.\d+)(?:#(\d+))?)?")
_SECONDS = re.compile(r"(\d+\.?\d*|\.\d+)s")
LONGEST_S = 3600.0
TICK = "tick"  # what freeze and die befall if no call is named


class Action(NamedTuple):
    """What a kind of fault needs to be told, and what it does, for the table of faults."""

    aims_at: str  # "sensor", "method", "blueprint", or "tick" for a method or else the tick itself
    takes_seconds: bool
    once: bool  # unless a count is given; the others go on for ever
    effect: str


ACTIONS = {
    "drop": Action("sensor", False, False, "its messages are never sent"),
    "delay": Action("sensor", True, False, "its messages are sent so much later"),
    "cut": Action("sensor", False, True, "its connections are closed in place of a message"),
    "refuse": Action("blueprint", False, False, "spawns fail as if something stood there"),
    "error": Action("method", False, False, "the call is not run and answered with an error"),
    "late": Action("method", True, False, "the call is run at once and answered so much later"),
    "garbage": Action("method", False, False, "the call is run and answered with a value of no known type"),
    "freeze": Action("tick", True, True, "the whole server stands still and mute, its sockets open"),
    "die": Action("tick", False, True, "the process ends at once and tidies nothing up"),
}


class FaultError(StandInError):
    """A fault that cannot be had, in one sentence."""

    def __init__(self, spec: str, why: str):
        super().__init__(f"fault {spec!r}: {why}")


class Fault(NamedTuple):
    """One fault as it was asked for."""

    spec: str
    action: str
    target: str
    seconds_s: float
    from_tick: int
    at_most: float  # how often
    probability: float
    seed: int

    def befalls(self, action: str, subject: str) -> bool:
        """Say whether a message, spawn or call is of the kind that this fault is about."""
        if action != self.action:
            return False
        if ACTIONS[action].aims_at == "sensor":
            return subject in _sensors(self.target)
        return fnmatchcase(subject, self.target)


class Schedule:
    """Says when each fault strikes; the same calls in the same order meet the same faults."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.tick = 0  # the number of the latest one that a client asked for
        self._faults = list(faults)
        self._left = [fault.at_most for fault in self._faults]
        self._draws = [random.Random(fault.seed) for fault in self._faults]

    def strike(self, action: str, subject: str) -> Fault | None:
        """Return the fault that befalls a subject now, and count it; None if all is well."""
        for number, fault in enumerate(self._faults):
            if not fault.befalls(action, subject) or self.tick < fault.from_tick or not self._left[number]:
                continue
            if fault.probability == 1.0 or self._draws[number].random() < fault.probability:
                self._left[number] -= 1
                return fault
        return None


def parse(spec: str) -> Fault:
    """Return the fault that a line asks for; raise `FaultError` if there is no such thing."""
    if (match := _SPEC.fullmatch(spec)) is None or match[1] not in ACTIONS:
        raise FaultError(
            spec,
            f"it must read ACTION:TARGET:SECONDSs@TICKxCOUNT~PROBABILITY#SEED, such as drop:camera@20x3; "
            f"the actions are {', '.join(ACTIONS)}",
        )
    name, details, tick, count, probability, seed = match.groups()
    action = ACTIONS[name]
    details = details.split(":")[1:]
    seconds = [float(found[1]) for part in details if (found := _SECONDS.fullmatch(part))]
    targets = [part for part in details if not _SECONDS.fullmatch(part)]
    if len(seconds) != action.takes_seconds or not all(each <= LONGEST_S for each in seconds):
        duration = (
            f"one duration up to {LONGEST_S:g}s, such as 2.5s" if action.takes_seconds else "no duration"
        )
        raise FaultError(spec, f"{name} takes {duration}")
    return Fault(
        spec,
        name,
        _target(spec, action, targets),
        seconds[0] if seconds else 0.0,
        int(tick or 0),
        float(count or (1 if action.once else "inf")),
        float(probability or 1.0),
        int(seed or 0),
    )


def _target(spec: str, action: Action, targets: list[str]) -> str:
    if action.aims_at == "tick" and not targets:
        return TICK
    if len(targets) != 1:
        what = "method" if action.aims_at == "tick" else action.aims_at
        raise FaultError(spec, f"it must name one {what}, not {len(targets)}")
    (target,) = targets
    if action.aims_at == "sensor" and not _sensors(target):
        raise FaultError(spec, f"{target!r} is no sensor; there are {', '.join((*_GROUPS, *_NAMES))}")
    is_call = action.aims_at in ("method", "tick")
    if is_call and not any(fnmatchcase(method, target) for method in METHODS):
        close = get_close_matches(target, METHODS, n=1)
        raise FaultError(spec, f"{target!r} is no call{f'; did you mean {close[0]}?' if close else ''}")
    return target


_NAMES = {kind.name.lower(): kind for kind in SensorType}
_GROUPS = {
    "camera": CAMERA_TYPES,
    "sensor": frozenset(SensorType) - {SensorType.WORLD},
}


def _sensors(target: str) -> frozenset[str]:
    """Return the names of the sensors that a target stands for."""
    kinds = _GROUPS.get(target) or ({_NAMES[target]} if target in _NAMES else frozenset())
    return frozenset(kind.name.lower() for kind in kinds)
