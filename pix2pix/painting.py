"""One sample's label map, painted whole."""

import numpy as np
import torch
from torch import nn

from pix2pix.datasets import Sample
from pix2pix.tensors import to_photo


def paint(generator: nn.Module, sample: Sample, device: str) -> np.ndarray:
    """Return the photo of the sample's label map, H,W,3 uint8; the generator is on the device, in eval mode."""
    label_ids = torch.from_numpy(np.array(sample.label_ids))[None].to(device)
    boundary = (
        None if sample.boundary is None else torch.from_numpy(np.array(sample.boundary))[None].to(device)
    )
    domain = torch.tensor([sample.domain], device=device)
    precision = torch.autocast("cuda", torch.bfloat16, enabled=device.startswith("cuda"))
    with torch.inference_mode(), precision:
        photo = to_photo(generator(label_ids, boundary=boundary, domain=domain))
    photo_rgb: np.ndarray = photo[0].cpu().numpy()
    return photo_rgb
