"""The line of figures over the viewer's pictures: where and when we are, and how long each stage takes."""

import pygame

from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.timing import StageTimes

_BAR_RGBA = (12, 14, 18, 190)
_CAPTION_RGB = (150, 160, 172)
_VALUE_RGB = (244, 246, 248)
_PAUSED_RGB = (255, 196, 64)
_CAPTION_PX, _VALUE_PX = 14, 18
_GAP_PX, _PADDING_PX = 16, 6


class Hud:
    """Columns of caption and value on a dark bar; columns only ever widen, so that figures stand still."""

    def __init__(self) -> None:
        self._caption_font = pygame.font.Font(None, _CAPTION_PX)
        self._value_font = pygame.font.Font(None, _VALUE_PX)
        self._widths: dict[str, int] = {}
        self._captions: dict[str, pygame.Surface] = {}

    def draw(
        self,
        window: pygame.Surface,
        columns: list[tuple[str, str]],  # caption and value
        *,
        paused: bool = False,
    ) -> None:
        """Lay the bar over the window's top, in as many rows as its width needs."""
        value_rgb = _PAUSED_RGB if paused else _VALUE_RGB
        cells = [
            (self._caption(name), self._value_font.render(value, True, value_rgb)) for name, value in columns
        ]
        for (name, _), (caption, value) in zip(columns, cells, strict=True):
            self._widths[name] = max(self._widths.get(name, 0), caption.get_width(), value.get_width())
        rights, rows = self._flow([name for name, _ in columns], window.get_width())
        row_px = _CAPTION_PX + _VALUE_PX
        bar = pygame.Surface((window.get_width(), rows * row_px + _PADDING_PX), pygame.SRCALPHA)
        bar.fill(_BAR_RGBA)
        for (right, row), (caption, value) in zip(rights, cells, strict=True):
            top = row * row_px + _PADDING_PX
            bar.blit(caption, (right - caption.get_width(), top))
            bar.blit(value, (right - value.get_width(), top + _CAPTION_PX - 3))
        window.blit(bar, (0, 0))

    def _flow(self, names: list[str], room_px: int) -> tuple[list[tuple[int, int]], int]:
        """Return the right edge and the row of every column, and how many rows there are."""
        rights, right, row = [], 0, 0
        for name in names:
            right += _GAP_PX + self._widths[name]
            if right > room_px - _PADDING_PX and right > _GAP_PX + self._widths[name]:
                right, row = _GAP_PX + self._widths[name], row + 1
            rights.append((right, row))
        return rights, row + 1

    def _caption(self, name: str) -> pygame.Surface:
        if name not in self._captions:
            self._captions[name] = self._caption_font.render(name, True, _CAPTION_RGB)
        return self._captions[name]


def columns_of(
    frame: LabelFrame, meta: DriveMeta | None, times: StageTimes, *, edits: str = ""
) -> list[tuple[str, str]]:
    """Return captions and values: where and when we are, how long each stage takes, what is manipulated."""
    columns = [("tick", f"{frame.tick}"), ("simulation time", f"{frame.time_s:.2f} s")]
    if meta:
        columns += [("town", meta.map_name), ("server", meta.server_version)]
    columns.append(("frames/s", f"{times.fps_hz():.1f}"))
    if times.stages():
        columns.append(("latency", "p50 / p95 ms"))
    for stage in times.stages():
        p50, p95 = times.quantiles_ms(stage)
        columns.append((stage, f"{p50:.1f} / {p95:.1f}"))
    if edits:
        columns.append(("recipes, off in brackets", edits))
    return columns
