"""Several drives of a dataset at once, a process each with an engine of its own; the samples stay the same.

Ctrl-C reaches all of them, and each puts its server back before it ends. The first that fails ends the others.
"""

import multiprocessing
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import Queue
from typing import Any

from carla_bridge.errors import BridgeError
from carla_bridge.signals import terminable
from carla_bridge.synthesis.dataset import DatasetFolder
from carla_bridge.synthesis.drive import Workshop
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesize import Serve, run_drive

_LOOK_EVERY_S = 0.5
_END_S = 30.0  # for a worker to put its server back

Equip = Callable[[], Workshop]  # loads the engine; in the worker's own process


@dataclass(frozen=True)
class _Gone:
    """What a worker says at its end: nothing, or why it failed."""

    sentence: str | None = None


def drive_together(
    plans: Sequence[DrivePlan],
    folder: DatasetFolder,
    equip: Equip,
    serves: Sequence[Serve],  # one worker for each
    look: Callable[[], object],  # is called now and then
) -> None:
    """Drive all drives; raises `BridgeError` with what the first worker that failed said."""
    context = multiprocessing.get_context("spawn")
    waiting, ends = context.Queue(), context.Queue()
    for plan in plans:
        waiting.put(plan)
    work = partial(_work, folder=folder, equip=equip, waiting=waiting, ends=ends)
    crew = [context.Process(target=work, args=(serve,)) for serve in serves[: len(plans)]]
    with _ended(crew):
        for worker in crew:
            worker.start()
        for gone in _ends_of(crew, ends, look):
            if gone.sentence is not None:
                raise BridgeError(gone.sentence)


@contextmanager
def _ended(crew: Sequence[Any]) -> Iterator[None]:
    """Leave no process behind, whatever happens; each is given time to tidy up."""
    try:
        yield
    finally:
        started = [worker for worker in crew if worker.pid is not None]
        for worker in started:
            worker.terminate()  # SIGTERM unwinds like Ctrl-C; one that is at its end does not mind
        for worker in started:
            worker.join(_END_S)
            if worker.is_alive():
                worker.kill()


def _ends_of(crew: Sequence[Any], ends: "Queue[_Gone]", look: Callable[[], object]) -> Iterator[_Gone]:
    left = len(crew)
    while left:
        look()
        try:
            yield ends.get(timeout=_LOOK_EVERY_S)
            left -= 1
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in crew):
                yield _Gone(
                    "a worker was killed before its drive was done; the same command goes on from here"
                )


def _work(
    serve: Serve,
    *,
    folder: DatasetFolder,
    equip: Equip,
    waiting: "Queue[DrivePlan]",
    ends: "Queue[_Gone]",
) -> None:
    waiting.cancel_join_thread()
    with terminable():
        try:
            workshop = equip()
            while (plan := _next(waiting)) is not None:
                run_drive(plan, folder, workshop, serve)
        except BridgeError as error:
            ends.put(_Gone(str(error)))
        except KeyboardInterrupt:
            return  # nobody listens any more
        else:
            ends.put(_Gone())


def _next(waiting: "Queue[DrivePlan]") -> DrivePlan | None:
    try:
        return waiting.get(timeout=_LOOK_EVERY_S)
    except queue.Empty:
        return None
