"""A picture into a window, straight to its pixels where they are laid out as on all screens of today."""

import cv2
import numpy as np
import pygame

_BGR_MASKS = (0xFF0000, 0xFF00, 0xFF)


def paste(window: pygame.Surface, image_rgb: np.ndarray, place: pygame.Rect) -> None:
    """Show `image_rgb`, H×W×3 uint8, at a place of its size."""
    if window.get_bitsize() == 32 and window.get_masks()[:3] == _BGR_MASKS:
        pixels = pygame.surfarray.pixels2d(window).T.view(np.uint8)  # H,4·W: B, G, R and one unused
        bgrx = pixels.reshape(*window.get_size()[::-1], 4)[place.top : place.bottom, place.left : place.right]
        cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGRA, dst=bgrx)
    else:
        pixels_rgb = np.ascontiguousarray(image_rgb).data
        window.blit(pygame.image.frombuffer(pixels_rgb, place.size, "RGB"), place)
