"""The pipe: label frames in, frame pairs out, in order, none lost.

It knows no simulator, no network and no file: a drive is anything that yields label frames, an engine any
callable that turns label ids into photos.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from carla_bridge.frames import Drive, FramePair, LabelFrame
from carla_bridge.labels import UnknownTags
from carla_bridge.labels import tag_table as find_tag_table
from carla_bridge.timing import StageTimes

Engine = Callable[[np.ndarray], np.ndarray]  # N,H,W uint8 label ids → N,H,W,3 uint8 RGB


def translate(
    drive: Drive,
    engine: Engine,
    *,
    batch_size: int = 1,  # keep 1 for a live drive: a batch waits for its last frame
    tag_table: str | None = None,  # the drive's own, unless you know better
    unknown: UnknownTags = "refuse",
    times: StageTimes | None = None,  # measures "map" and "generate"; a live drive its own stages
) -> Iterator[FramePair]:
    """Yield each label frame with its photo; the last batch may be shorter."""
    return translate_frames(
        drive,
        engine,
        batch_size=batch_size,
        tag_table=tag_table or drive.meta.tag_table,
        unknown=unknown,
        times=times,
    )


def translate_frames(
    frames: Iterable[LabelFrame],
    engine: Engine,
    *,
    batch_size: int = 1,
    tag_table: str,
    unknown: UnknownTags = "refuse",
    times: StageTimes | None = None,
) -> Iterator[FramePair]:
    """Yield each of these frames with its photo, as `translate` does for a whole drive."""
    table = find_tag_table(tag_table)
    times = times or StageTimes()
    for batch in _batched(frames, batch_size):
        with times.measure("map"):
            each = [table.label_ids(frame.tags, unknown=unknown) for frame in batch]
            label_ids = np.stack(each) if len(each) > 1 else each[0][None]  # one frame needs no copy
        with times.measure("generate"):
            photos_rgb = engine(label_ids)
        _check_answer(label_ids, photos_rgb)
        yield from map(FramePair, batch, label_ids, photos_rgb)


def _batched(frames: Iterable[LabelFrame], size: int) -> Iterator[list[LabelFrame]]:
    batch: list[LabelFrame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _check_answer(label_ids: np.ndarray, photos_rgb: np.ndarray) -> None:
    expected = (*label_ids.shape, 3)
    assert photos_rgb.shape == expected, f"the engine answered {photos_rgb.shape}, expected {expected}"
    assert photos_rgb.dtype == np.uint8, f"the engine answered {photos_rgb.dtype}, expected uint8"
