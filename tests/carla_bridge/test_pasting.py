import numpy as np
import pygame
import pytest

from carla_bridge.pasting import paste

BACKGROUND = (10, 20, 30)
SCREENS = {
    "B, G, R, unused": {"depth": 32, "masks": (0xFF0000, 0xFF00, 0xFF, 0)},
    "R, G, B, unused": {"depth": 32, "masks": (0xFF, 0xFF00, 0xFF0000, 0)},
    "three bytes": {"depth": 24},
    "two bytes": {"depth": 16},
}


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("contiguous", [True, False])
def test_a_picture_is_shown_in_its_colors_at_its_place_and_nowhere_else(screen, contiguous):
    window = pygame.Surface((70, 50), 0, **screen)
    window.fill(BACKGROUND)
    picture = np.random.default_rng(0).integers(0, 256, (20, 62, 3), np.uint8)
    picture = picture[:, :31] if not contiguous else np.ascontiguousarray(picture[:, :31])
    paste(window, picture, pygame.Rect(5, 7, 31, 20))
    shown = pygame.surfarray.array3d(window).swapaxes(0, 1).astype(int)
    most = 8 if window.get_bitsize() == 16 else 0
    assert np.abs(shown[7:27, 5:36] - picture).max() <= most
    shown[7:27, 5:36] = BACKGROUND
    assert np.abs(shown - BACKGROUND).max() <= most
    assert not window.get_locked()
