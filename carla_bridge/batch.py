"""Many stored drives become videos: each camera of each source once; what is done is skipped, what fails is told.

It knows no checkpoints: whoever calls it brings the engine, with what a manifest says of it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from carla_bridge.convert import ConvertSettings, Identity, convert, is_converted, manifest_of
from carla_bridge.edits.recipe import EditedDrive, Recipe, Switches, needs_of
from carla_bridge.edits.scene import Lens
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta
from carla_bridge.packets import annex_b
from carla_bridge.progress import Told, frame_progress
from carla_bridge.recording.errors import NoRecording
from carla_bridge.recording.photos import add_photos, has_photos
from carla_bridge.sources import PHOTO_SUFFIX, ImportSettings, Source, sources_of
from carla_bridge.translation import Engine
from carla_bridge.video import codec_for


@dataclass(frozen=True)
class NamedEngine:
    """An engine with what must be known of it to say whether two videos were made alike."""

    paint: Engine
    checkpoint: str
    checkpoint_sha256: str
    kind: str  # device and number format: another one rounds differently
    about: str = ""  # what it was trained on
    licence: str = ""  # of the weights


@dataclass(frozen=True)
class Item:
    """One video to be made: one camera of one source."""

    source: Source
    out: Path  # the folder
    settings: ConvertSettings
    overwrite: bool = False
    recipes: tuple[Recipe, ...] = ()  # that manipulate its scenes

    @property
    def video(self) -> Path:
        """Where it goes."""
        return self.out / f"{self.source.name}.mp4"


@dataclass(frozen=True)
class Outcome:
    """What became of one thing that was asked for, in a sentence."""

    name: str
    sentence: str
    failed: bool = False
    frames: int = 0  # that were made for it


def find_sources(paths: Iterable[Path], settings: ImportSettings) -> tuple[list[Source], list[Outcome]]:
    """Return the cameras of all stored drives, and what is wrong with those that are none."""
    found: list[Source] = []
    failures: list[Outcome] = []
    for path in paths:
        try:
            found += sources_of(path, settings)
        except BridgeError as error:
            failures.append(Outcome(path.name, str(error), failed=True))
    return found, failures


def convert_each(items: Sequence[Item], load: Callable[[], NamedEngine]) -> Iterator[Outcome]:
    """Convert one item after the other, with one bar for all; yield what became of each."""
    engine = load()
    lengths = [length_of(item) for item in items]
    total, done = sum(lengths), 0
    with frame_progress(total, f"{len(items)} videos") as told:
        for item, length in zip(items, lengths, strict=True):
            outcome = convert_item(item, engine, partial(_beyond, told, done))
            if outcome.frames:
                done += outcome.frames
            else:  # nothing to do, or nothing to be done
                total -= length
                told(done, total)
            yield outcome


def convert_item(
    item: Item, engine: NamedEngine, progress: Callable[[int], object] = lambda done: None
) -> Outcome:
    """Make the video of an item, unless it is there; an item that fails harms no other."""
    try:
        return _convert(item, engine, progress)
    except BridgeError as error:
        return Outcome(item.source.name, str(error), failed=True)


def length_of(item: Item) -> int:
    """Return how many frames an item has; none if it cannot be opened, which is told when its turn comes."""
    try:
        with item.source.open() as drive:
            return len(drive)
    except BridgeError:
        return 0


def _beyond(told: Told, before: int, done: int) -> None:
    told(before + done)


def _convert(item: Item, engine: NamedEngine, progress: Callable[[int], object]) -> Outcome:
    source, video = item.source, item.video
    with ExitStack() as opened:
        drive = original = opened.enter_context(source.open(needs_of(item.recipes)))
        identity = _identity(item, engine, drive.meta)
        if is_converted(video, identity):
            return Outcome(source.name, f"{video} is done already")
        if item.recipes:
            lens = Lens.of(source.lens_of(drive))
            drive = EditedDrive(original, Switches(item.recipes), lens, item.settings.tag_table)
        frames = convert(
            drive,
            engine.paint,
            video,
            identity,
            original=original if item.settings.compare else None,
            overwrite=item.overwrite,
            progress=progress,
        )
    return Outcome(source.name, f"wrote {frames} frames to {video}", frames=frames)


def _identity(item: Item, engine: NamedEngine, meta: DriveMeta) -> Identity:
    is_double = item.settings.side_by_side or item.settings.compare
    width = meta.width * 2 if is_double else meta.width
    return Identity(
        source=item.source.path.name,
        source_sha256=item.source.sha256(),
        camera=item.source.camera,
        checkpoint=engine.checkpoint,
        checkpoint_sha256=engine.checkpoint_sha256,
        engine=engine.kind,
        drive=meta,
        encoder=codec_for(meta.height, width),
        version=version("carla-bridge"),
        settings=item.settings,
    )


def put_photos_into_recordings(items: Iterable[Item], failed: Collection[str]) -> Iterator[Outcome]:
    """Copy each recording with the photos of all its cameras; yield what became of each.

    Nothing is encoded again: the pictures are those of the videos. Recordings with a failed item are left out.
    """
    for path, group in groupby(items, key=lambda item: item.source.path):
        videos = {item.source.camera: item for item in group}
        if not any(item.source.name in failed for item in videos.values()):
            try:
                yield _put_photos(path, videos)
            except (BridgeError, OSError) as error:
                yield Outcome(path.name, str(error), failed=True)


def _put_photos(path: Path, items: dict[str, Item]) -> Outcome:
    if path.suffix != ".mcap":
        raise NoRecording(path, "is no recording to put photos into (`carla-bridge import` makes one of it)")
    item = next(iter(items.values()))
    copy = item.out / f"{item.source.stem}{PHOTO_SUFFIX}"
    about = {camera: manifest_of(each.video).read_text() for camera, each in items.items()}
    if has_photos(copy, about):
        return Outcome(copy.name, f"{copy} is done already")
    pictures = {camera: annex_b(each.video) for camera, each in items.items()}
    count = add_photos(path, copy, pictures, about, overwrite=item.overwrite)
    return Outcome(copy.name, f"wrote {count} photos into {copy}")
