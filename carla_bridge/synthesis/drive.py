"""The job for one drive: its keyframes become samples, each written in every format, and none twice.

A drive that was stopped is driven again from its beginning, for a simulator cannot be entered in the middle; what is
recorded already is neither painted nor written again.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from carla_bridge.ahead import ahead
from carla_bridge.edits.recipe import Recipe, edited
from carla_bridge.edits.scene import Lens
from carla_bridge.errors import BridgeError
from carla_bridge.formats.sample import DatasetFormat, Sample
from carla_bridge.frames import DriveTick, RecordingMeta
from carla_bridge.labels import TagTable, tag_table
from carla_bridge.synthesis.config import KeyframeConfig
from carla_bridge.synthesis.keyframes import far_enough
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesis.records import Record, RecordWriter
from carla_bridge.synthesis.samples import Labelled, Shot, has_enough, label, sample_of, save
from carla_bridge.synthesis.seen import seen_through
from carla_bridge.translation import Engine

WRITERS = 2  # threads that encode and write
PENDING = 4  # samples that wait for them


class OtherDrive(BridgeError):
    """The server did not repeat the drive."""

    def __init__(self, name: str, stem: str, recorded: int, found: int):
        super().__init__(
            f"drive {name} does not repeat itself: sample {stem} is of tick {recorded}, and would now be of {found}; "
            f"remove records/{name}.jsonl to drive it anew"
        )


@dataclass(frozen=True)
class Workshop:
    """What turns label frames into samples."""

    engine: Engine
    formats: Mapping[str, DatasetFormat]
    keyframes: KeyframeConfig
    min_object_px: int
    previews: Path  # the folder of small pictures for the report
    recipes: tuple[Recipe, ...] = ()  # that manipulate the scenes


def synthesize_drive(
    ticks: Iterable[DriveTick],
    recording: RecordingMeta,
    plan: DrivePlan,
    workshop: Workshop,
    records: RecordWriter,
    progress: Callable[[int], object] = lambda done: None,
) -> int:
    """Make the samples of a drive that are missing; return how many it has, fewer than planned if its time ran out."""
    recorded = deque(records.found)
    limits = workshop.keyframes
    keyframes = far_enough(iter(ticks), min_distance_m=limits.min_distance_m, longest_s=limits.longest_s)
    with _Saving(records, progress) as saving, closing(ahead(keyframes)) as fetched:
        chosen = islice(_chosen(fetched, recording, workshop), plan.samples)
        for place, (number, labelled) in enumerate(chosen):
            if recorded:
                _check_same(recorded.popleft(), labelled, plan)
                continue
            photo_rgb = workshop.engine(labelled.painted_ids[None])[0]  # alone: a batch may round otherwise
            sample = sample_of(labelled, photo_rgb, plan, number)
            preview = workshop.previews if place in plan.previewed else None
            saving.start(partial(_save, sample, labelled.shot, plan, workshop, preview))
    return saving.made


class _Saving:
    """Samples on their way to the disk, a few at a time; each is recorded when it is there, in the order of the drive.

    Whatever ends the drive, those that are on their way are recorded, too.
    """

    def __init__(self, records: RecordWriter, progress: Callable[[int], object]):
        self._records, self._progress = records, progress
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="sample")
        self._pending: deque[Future[Record]] = deque()
        self.made = len(records.found)
        progress(self.made)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._record(leave=0)
        finally:
            self._pool.shutdown()

    def start(self, work: Callable[[], Record]) -> None:
        """Save a sample meanwhile; wait if too many are on their way."""
        self._pending.append(self._pool.submit(work))
        self._record(leave=PENDING)

    def _record(self, leave: int) -> None:
        while len(self._pending) > leave:
            self._records.add(self._pending.popleft().result())
            self.made += 1
            self._progress(self.made)


def _chosen(
    ticks: Iterable[DriveTick], recording: RecordingMeta, workshop: Workshop
) -> Iterator[tuple[int, Labelled]]:
    """Yield the number of the keyframe and its pictures, camera by camera, where they show enough objects."""
    table, numbers = tag_table(recording.tag_table), count()
    for tick in ticks:
        assert tick.state is not None
        shots = [
            _edited(Shot(frame, tick.state, camera, index), workshop.recipes, table)
            for index, (frame, camera) in enumerate(zip(tick.frames, recording.cameras, strict=True))
        ]
        pictures = [label(shot, table, min_object_px=workshop.min_object_px) for shot in shots]
        objects = tuple(each for picture in pictures for each in picture.objects)
        if has_enough(objects, workshop.keyframes.at_least):
            number = next(numbers)
            yield from ((number, picture) for picture in pictures)


def _edited(shot: Shot, recipes: Iterable[Recipe], table: TagTable) -> Shot:
    frame, provenance = edited(shot.frame, recipes, Lens.of(shot.camera), table)
    return replace(shot, frame=frame, edits=tuple(provenance))


def _save(sample: Sample, shot: Shot, plan: DrivePlan, workshop: Workshop, previews: Path | None) -> Record:
    return save(seen_through(plan.optics, sample), shot, workshop.formats, previews)


def _check_same(record: Record, labelled: Labelled, plan: DrivePlan) -> None:
    if record["tick"] != labelled.shot.frame.tick:
        raise OtherDrive(plan.name, record["stem"], record["tick"], labelled.shot.frame.tick)
