"""The window: label beside photo, with a line of figures. It knows frames and eyes, no simulator and no files
but its screenshots.

Keys: H hides the figures, SPACE pauses, S saves a screenshot, F fills the screen, 1 to 9 switch recipes, ESC or Q ends.
"""

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame greets on standard output otherwise

import cv2
import numpy as np
import pygame

from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveMeta, FramePair
from carla_bridge.hud import Hud, columns_of
from carla_bridge.labels import colorize
from carla_bridge.outputs import CannotWrite, save_numbered
from carla_bridge.pasting import paste
from carla_bridge.timing import StageTimes

_BACKGROUND_RGB = (18, 18, 20)
_IDLE_WAIT_MS = 50  # how often a paused window looks for signals such as Ctrl-C
_log = logging.getLogger(__name__)


class NoWindow(BridgeError):
    """This machine has no screen we could open a window on."""

    def __init__(self, reason: str):
        super().__init__(f"no window could be opened ({reason}); run without one with --headless")


class Switches(Protocol):
    """What the number keys switch."""

    def toggle(self, number: int) -> None:
        """Switch one on or off, counted from 0."""

    def told(self) -> str:
        """Return a line for the figures; empty if there is nothing to switch."""


class NoSwitches:
    """There is nothing to switch."""

    def toggle(self, number: int) -> None:
        """Do nothing."""

    def told(self) -> str:
        """Return nothing."""
        return ""


class Viewer:
    """A resizable window that shows frame pairs, the newest one as it comes.

    A pause blocks `show`, and with it the drive: in synchronous mode the simulator waits too.
    """

    def __init__(
        self,
        size: tuple[int, int],  # width and height of one picture; the window is twice as wide
        *,
        title: str = "carla-bridge",
        meta: DriveMeta | None = None,  # whose map and server the figures name
        times: StageTimes | None = None,  # whose latencies they tell
        screenshots: Path | str = "screenshot",  # saved as screenshot-0001.png, -0002.png, …
        switches: Switches | None = None,  # of recipes that manipulate the scene
    ):
        self._size = size
        self._title = title
        self._meta = meta
        self._times = times or StageTimes()
        self._screenshots = Path(screenshots)
        self._switches = switches or NoSwitches()
        self._hud_shown = True
        self._paused = False
        self._open = False
        self._full_screen = False
        self._actions: dict[int, Callable[[], None]] = {
            pygame.K_h: self._toggle_hud,
            pygame.K_SPACE: self._toggle_pause,
            pygame.K_s: self._save_screenshot,
            pygame.K_f: self._toggle_full_screen,
            pygame.K_ESCAPE: self._close,
            pygame.K_q: self._close,
            **{pygame.K_1 + place: partial(self._switches.toggle, place) for place in range(9)},
        }

    def __enter__(self) -> Self:
        try:
            pygame.display.init()  # the display only: audio would wake a sound server
            _refuse_invisible()
            pygame.font.init()
            self._window_size = _fitting(
                (2 * self._size[0], self._size[1]), pygame.display.get_desktop_sizes()[0]
            )
            pygame.display.set_mode(self._window_size, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise NoWindow(str(error)) from error
        pygame.display.set_caption(self._title)
        self._hud = Hud()
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        pygame.font.quit()
        pygame.display.quit()

    def show(self, pair: FramePair) -> bool:
        """Draw a pair; False once the user has asked to end."""
        self._draw(pair)
        self._obey(pygame.event.get())
        while self._paused and self._open:
            self._draw(pair)  # again: the window may have been resized
            self._obey([pygame.event.wait(_IDLE_WAIT_MS)])
        return self._open

    def screenshot(self) -> np.ndarray:
        """Return what the window shows, H×W×3 uint8 RGB."""
        return np.ascontiguousarray(pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1))

    def _draw(self, pair: FramePair) -> None:
        window = pygame.display.get_surface()
        window.fill(_BACKGROUND_RGB)
        left, right = _halves(window.get_size(), pair.label_ids.shape)
        paste(window, colorize(_scaled(pair.label_ids, left.size, cv2.INTER_NEAREST)), left)
        paste(window, _smoothly(pair.photo_rgb, right.size), right)
        if self._hud_shown:
            columns = columns_of(pair.frame, self._meta, self._times, edits=self._switches.told())
            self._hud.draw(window, columns, paused=self._paused)
        pygame.display.flip()

    def _obey(self, events: list[pygame.event.Event]) -> None:
        for event in events:
            if event.type == pygame.QUIT:
                self._close()
            elif event.type == pygame.KEYDOWN and event.key in self._actions:
                self._actions[event.key]()

    def _close(self) -> None:
        self._open = False

    def _toggle_hud(self) -> None:
        self._hud_shown = not self._hud_shown

    def _toggle_pause(self) -> None:
        self._paused = not self._paused

    def _toggle_full_screen(self) -> None:
        self._full_screen = not self._full_screen
        if self._full_screen:
            self._window_size = pygame.display.get_window_size()
            pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        else:
            for _ in range(2):  # SDL first leaves the full screen, and takes the size only then
                pygame.display.set_mode(self._window_size, pygame.RESIZABLE)
                pygame.event.pump()

    def _save_screenshot(self) -> None:
        content = cv2.imencode(".png", cv2.cvtColor(self.screenshot(), cv2.COLOR_RGB2BGR))[1].tobytes()
        try:
            _log.info("saved %s", save_numbered(self._screenshots, ".png", content))
        except CannotWrite as error:
            _log.warning("%s", error)  # a key press must not end the drive


def _refuse_invisible() -> None:
    if pygame.display.get_driver() == "offscreen" and "SDL_VIDEODRIVER" not in os.environ:
        raise pygame.error("there is no screen")  # SDL would draw where nobody looks


def _fitting(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Shrink a size, in its proportions, until it fits."""
    scale = min(1.0, room[0] / size[0], room[1] / size[1])
    return round(size[0] * scale), round(size[1] * scale)


def _halves(window_size: tuple[int, int], shape: tuple[int, ...]) -> tuple[pygame.Rect, pygame.Rect]:
    """Return the places of label and photo: as large as the window allows, in proportion, centred."""
    height, width = shape[:2]
    scale = min(window_size[0] / (2 * width), window_size[1] / height)
    size = max(1, int(width * scale)), max(1, int(height * scale))
    left = pygame.Rect((window_size[0] - 2 * size[0]) // 2, (window_size[1] - size[1]) // 2, *size)
    return left, left.move(size[0], 0)


def _smoothly(image_rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shrinks = size[0] < image_rgb.shape[1]
    return _scaled(image_rgb, size, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _scaled(image: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    if size == image.shape[1::-1]:
        return image
    return cv2.resize(image, size, interpolation=interpolation)
