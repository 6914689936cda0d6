"""Pictures to look at while training: label map, generated photo, real photo, side by side."""

import cv2
import numpy as np
import torch
from torch import nn

from pix2pix.classes import PALETTE_RGB
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset, Sample
from pix2pix.tensors import to_photo

ROWS = 4


def sample_sheet(generator: nn.Module, dataset: Dataset, config: TrainConfig, device: str) -> bytes:
    """Return the PNG of a few held-out samples spread over the data, whole photos at the training height."""
    places = np.linspace(0, len(dataset) - 1, min(ROWS, len(dataset))).round().astype(int)
    rows = [_row(generator, dataset[int(place)], config, device) for place in places]
    width = min(row.shape[1] for row in rows)
    sheet = np.vstack([row[:, :width] for row in rows])
    return cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))[1].tobytes()


def _row(generator: nn.Module, sample: Sample, config: TrainConfig, device: str) -> np.ndarray:
    height, width = sample.label_ids.shape
    size = (round(width * config.crop_px / height), config.crop_px)
    ids = cv2.resize(sample.label_ids, size, interpolation=cv2.INTER_NEAREST_EXACT)
    boundary = None
    if sample.boundary is not None:
        edges = cv2.resize(sample.boundary.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
        boundary = torch.from_numpy(edges.view(bool))[None].to(device)
    was_training = generator.training
    generator.eval()
    with torch.inference_mode():
        domain = torch.tensor([sample.domain], device=device)
        photo = generator(torch.from_numpy(ids)[None].to(device), boundary=boundary, domain=domain)
    generator.train(was_training)
    pictures = [PALETTE_RGB[np.minimum(ids, len(PALETTE_RGB) - 1)], to_photo(photo)[0].cpu().numpy()]
    if sample.photo_rgb is not None:
        pictures.append(cv2.resize(sample.photo_rgb, size, interpolation=cv2.INTER_AREA))
    return np.hstack(pictures)
