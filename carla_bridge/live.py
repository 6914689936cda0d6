"""The live job: every pair of a drive goes to the window, the video and the contact sheet, in that order.

It receives opened things and never opens them; whoever opened them closes them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from carla_bridge.ahead import one_ahead
from carla_bridge.contact_sheet import ContactSheet
from carla_bridge.frames import Drive, FramePair, LabelFrame
from carla_bridge.labels import UnknownTags
from carla_bridge.side_by_side import side_by_side
from carla_bridge.timing import StageTimes
from carla_bridge.translation import Engine, translate_frames
from carla_bridge.video import Mp4
from carla_bridge.viewer import Viewer

Ending = Literal["done", "closed", "interrupted"]  # all frames shown; the window was closed; Ctrl-C


@dataclass(frozen=True)
class LiveResult:
    """What a live drive came to."""

    frames: int
    ending: Ending


def run_live(
    drive: Drive,
    engine: Engine,
    *,
    viewer: Viewer | None = None,
    video: Mp4 | None = None,
    sheet: ContactSheet | None = None,
    frames: int | None = None,  # stop after so many
    tag_table: str | None = None,
    unknown: UnknownTags = "refuse",
    overlap: bool = False,  # let the simulator make tick N + 1 while N is generated
    times: StageTimes | None = None,
    done_one: Callable[[int], object] = lambda done: None,  # told how many are done
) -> LiveResult:
    """Show and write label | photo until the drive, the frames or the user's patience end.

    Ctrl-C is a live drive's ordinary end: what was written is finished, and `ending` says so.
    """
    times = times or StageTimes()
    done = 0
    table = tag_table or drive.meta.tag_table
    labels: Iterator[LabelFrame] = islice(drive, frames)  # not the pairs: no tick more than asked for
    try:
        with ExitStack() as stack:
            if overlap:
                labels = stack.enter_context(closing(one_ahead(labels)))
            for pair in translate_frames(labels, engine, tag_table=table, unknown=unknown, times=times):
                shown = _show(pair, viewer, times)
                _write(pair, video, sheet, times)
                times.frame_done(pair.frame.tick)
                done += 1
                done_one(done)
                if not shown:
                    return LiveResult(done, "closed")
    except KeyboardInterrupt:
        return LiveResult(done, "interrupted")
    return LiveResult(done, "done")


def _show(pair: FramePair, viewer: Viewer | None, times: StageTimes) -> bool:
    if viewer is None:
        return True
    with times.measure("show"):
        return viewer.show(pair)


def _write(pair: FramePair, video: Mp4 | None, sheet: ContactSheet | None, times: StageTimes) -> None:
    if video is not None:
        with times.measure("encode"):
            video.write(side_by_side(pair))
    if sheet is not None:
        with times.measure("sheet"):
            sheet.add(pair)
