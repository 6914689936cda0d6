"""Pictures to look at while training: label map, generated photo, real photo, side by side."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import nn

from pix2pix.config import TrainConfig
from pix2pix.datasets.cityscapes import Pair, read_pair
from pix2pix.tensors import PALETTE_RGB, to_photo

ROWS = 4


def sample_sheet(generator: nn.Module, pairs: Sequence[Pair], config: TrainConfig, device: str) -> bytes:
    """Return the PNG of a few held-out pairs spread over the data, whole photos at the training height."""
    chosen = [pairs[i] for i in np.linspace(0, len(pairs) - 1, min(ROWS, len(pairs))).round().astype(int)]
    rows = [_row(generator, *read_pair(pair), config, device) for pair in chosen]
    return cv2.imencode(".png", cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))[1].tobytes()


def _row(
    generator: nn.Module, photo_rgb: np.ndarray, label_ids: np.ndarray, config: TrainConfig, device: str
) -> np.ndarray:
    side = config.crop_px
    height, width = label_ids.shape
    crop = min(height, width)
    top, left = (height - crop) // 2, (width - crop) // 2
    window = (slice(top, top + crop), slice(left, left + crop))
    real = cv2.resize(photo_rgb[window], (side, side), interpolation=cv2.INTER_AREA)
    ids = cv2.resize(label_ids[window], (side, side), interpolation=cv2.INTER_NEAREST_EXACT)
    was_training = generator.training
    generator.eval()
    with torch.inference_mode():
        fake = to_photo(generator(torch.from_numpy(ids)[None].to(device)))[0].cpu().numpy()
    generator.train(was_training)
    return np.hstack([PALETTE_RGB[np.minimum(ids, len(PALETTE_RGB) - 1)], fake, real])
