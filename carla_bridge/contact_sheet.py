"""A drive at a glance: one PNG with a few frame pairs, taken evenly over its whole length."""

from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from carla_bridge.frames import FramePair
from carla_bridge.outputs import make_room, save_whole
from carla_bridge.side_by_side import side_by_side

_CAPTION_PX, _MARGIN_PX = 22, 6
_PAPER_RGB, _INK_RGB = (18, 18, 20), (225, 228, 232)


class ContactSheet:
    """A PNG of label | photo rows, written when the drive is over; after an error nothing is written.

    The length of a drive is known only at its end. So every k-th pair is kept, and k doubles whenever twice
    the rows are there: memory is bounded, and the choice is even over any length.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        title: str = "",  # where the frames come from, for the captions
        rows: int = 6,
        photo_width_px: int = 384,
        overwrite: bool = False,
    ) -> None:
        assert rows > 0, rows
        self.path = Path(path)
        self._rows = rows
        self._title = title
        self._photo_width_px = photo_width_px
        self._overwrite = overwrite
        self._seen = 0
        self._step = 1
        self._kept: list[np.ndarray] = []

    def __enter__(self) -> Self:
        make_room(self.path, overwrite=self._overwrite)  # now, not after an hour's drive
        return self

    def add(self, pair: FramePair) -> None:
        """Consider a pair for the sheet."""
        if self._seen % self._step == 0:
            self._kept.append(self._row(pair))
            if len(self._kept) >= 2 * self._rows:
                self._kept, self._step = self._kept[::2], self._step * 2
        self._seen += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._kept:
            sheet_bgr = cv2.cvtColor(self._sheet(), cv2.COLOR_RGB2BGR)
            save_whole(self.path, cv2.imencode(".png", sheet_bgr)[1].tobytes(), overwrite=self._overwrite)

    def _sheet(self) -> np.ndarray:
        count = min(self._rows, len(self._kept))
        chosen = np.linspace(0, len(self._kept) - 1, count).round().astype(int)
        sheet = np.concatenate([self._kept[place] for place in chosen])
        margins = (_MARGIN_PX,) * 4
        return cv2.copyMakeBorder(sheet, *margins, cv2.BORDER_CONSTANT, value=_PAPER_RGB)

    def _row(self, pair: FramePair) -> np.ndarray:
        both = side_by_side(pair)
        width = 2 * self._photo_width_px
        height = max(1, round(both.shape[0] * width / both.shape[1]))
        row = np.full((_CAPTION_PX + height, width, 3), _PAPER_RGB, np.uint8)
        row[_CAPTION_PX:] = cv2.resize(both, (width, height), interpolation=cv2.INTER_AREA)
        caption = f"tick {pair.frame.tick}   {pair.frame.time_s:.2f} s   {self._title}"
        cv2.putText(row, caption, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK_RGB, 1, cv2.LINE_AA)
        return row
