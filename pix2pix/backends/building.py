"""From a name to a back end; what only some of them need is imported for these alone."""

import torch

from pix2pix.backends import Backend
from pix2pix.backends.eager import Eager
from pix2pix.backends.parts import Parts
from pix2pix.generators import Generator

TYPES = {"eager": torch.float32, "bf16": torch.bfloat16, "half": torch.float16}


def build(name: str, generator: Generator, device: torch.device) -> Backend:
    """Return the back end; the generator becomes part of it."""
    return Eager(Parts(generator), device, TYPES[name])
