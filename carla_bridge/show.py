"""A live drive for people: opens drive, window and video, hands them to the job, and says what came of it."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from carla_bridge.config import LiveConfig
from carla_bridge.contact_sheet import ContactSheet
from carla_bridge.edits.recipe import EditedDrive, Switches, load_recipe, needs_of
from carla_bridge.edits.scene import Lens
from carla_bridge.errors import BridgeError
from carla_bridge.frames import Drive, DriveMeta
from carla_bridge.live import Ending, LiveResult, run_live
from carla_bridge.outputs import make_room, partial_path
from carla_bridge.record import Tapped
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.session import LiveDrive
from carla_bridge.stats import StatsFile
from carla_bridge.timing import StageTimes
from carla_bridge.translation import Engine
from carla_bridge.video import Mp4, UnfinishedVideo
from carla_bridge.viewer import NoWindow, Viewer

Say = Callable[[str], object]
FRAMES_WITHOUT_WINDOW = 200  # ten seconds of driving: without a window nobody says when it is enough


def check_outputs(
    out: Path | None, *, record: Path | None = None, stats: Path | None = None, overwrite: bool
) -> None:
    """Refuse a taken or forbidden place for whatever is to be written, before anything takes time."""
    if stats is not None:
        make_room(stats, overwrite=overwrite)
    if record is not None:
        if record.suffix != ".mcap":
            raise BridgeError(f"--record {record} must end in .mcap")
        make_room(record, overwrite=overwrite)
    if out is None:
        return
    if out.suffix.lower() != ".mp4":
        raise BridgeError(f"--out {out} must end in .mp4; the contact sheet goes beside it as .png")
    make_room(out, overwrite=overwrite)
    make_room(sheet_of(out), overwrite=overwrite)
    if partial_path(out).exists() and not overwrite:
        raise UnfinishedVideo(partial_path(out))


def show_drive(
    config: LiveConfig,
    engine: Engine,
    *,
    out: Path | None,
    record: Path | None = None,
    overwrite: bool,
    headless: bool,
    stats: Path | None = None,
    say: Say,
) -> Ending:
    """Drive, show and write; without a window the drive is written to recordings/ if nowhere else."""
    times = StageTimes()
    recipes = [load_recipe(path) for path in config.edits]
    switches = Switches(recipes)
    with ExitStack() as stack:
        drive = stack.enter_context(
            LiveDrive.open(
                config.server,
                camera=config.camera,
                layers=needs_of(recipes),
                session=config.session,
                times=times,
            )
        )
        meta = drive.meta
        say(f"driving in {meta.map_name}, server {meta.server_version}, tag table {meta.tag_table}")
        viewer = None if headless else _open_window(stack, meta, times, switches, say)
        if viewer is None and out is None:
            out = _free_name(Path("recordings"))
        frames = config.frames or (None if viewer else FRAMES_WITHOUT_WINDOW)
        video = sheet = None
        if out is not None:  # the sheet is closed last: no video, no sheet
            title = f"{meta.map_name} (server {meta.server_version})"
            sheet = stack.enter_context(ContactSheet(sheet_of(out), title=title, overwrite=overwrite))
            video = stack.enter_context(Mp4(out, fps_hz=meta.fps_hz, title=title, overwrite=overwrite))
            say(f"writing {'until you end it' if frames is None else f'{frames} frames'} to {out}")
        source: Drive = drive
        if record is not None:
            source = Tapped(
                drive, stack.enter_context(DriveWriter(record, drive.recording, overwrite=overwrite))
            )
            say(f"recording to {record}")
        written = None if stats is None else stack.enter_context(StatsFile(stats, times, overwrite=overwrite))
        if recipes:
            source = EditedDrive(source, switches, Lens.of(drive.recording.cameras[0]))
            say(f"manipulated by {', '.join(recipe.name for recipe in recipes)}")
        result = run_live(
            source,
            engine,
            viewer=viewer,
            video=video,
            sheet=sheet,
            frames=frames,
            unknown=config.server.unknown_tags,
            overlap=config.overlap,
            times=times,
            done_one=written.done_one if written else lambda done: None,
        )
    _report(result, times, out, say)
    return result.ending


def sheet_of(video: Path) -> Path:
    """Return where a video's contact sheet goes."""
    return video.with_suffix(".png")


def _open_window(
    stack: ExitStack, meta: DriveMeta, times: StageTimes, switches: Switches, say: Say
) -> Viewer | None:
    size, title = (meta.width, meta.height), f"carla-bridge: {meta.map_name}"
    viewer = Viewer(size, title=title, meta=meta, times=times, switches=switches)
    try:
        return stack.enter_context(viewer)
    except NoWindow as error:
        say(f"{error}; going on without")
        return None


def _free_name(folder: Path) -> Path:
    names = (folder / f"drive-{number:03d}.mp4" for number in count(1))
    return next(
        name
        for name in names
        if not any(path.exists() for path in (name, sheet_of(name), partial_path(name)))
    )


def _report(result: LiveResult, times: StageTimes, out: Path | None, say: Say) -> None:
    say(f"{result.frames} frames at {times.fps_hz():.1f} frames/s")
    for stage in times.stages():
        p50_ms, p95_ms = times.quantiles_ms(stage)
        say(f"  {stage:<9}{p50_ms:8.1f} ms median {p95_ms:8.1f} ms p95")
    if out is not None and result.frames:
        say(f"wrote {out} and {sheet_of(out)}")
