"""From a name to a back end; what only some of them need is imported for these alone."""

import torch

from pix2pix.backends import Backend, bf16_instructions
from pix2pix.backends.eager import Eager
from pix2pix.backends.fixed import Fixed
from pix2pix.backends.parts import Parts
from pix2pix.generators import Generator

TYPES = {"eager": torch.float32, "bf16": torch.bfloat16, "half": torch.float16}


def build(name: str, generator: Generator, device: torch.device) -> Backend:
    """Return the back end; the generator becomes part of it."""
    parts = Parts(generator)
    fewer_bits = bf16_instructions() != ""
    if name == "compile":
        from pix2pix.backends import compiled

        dtype = torch.bfloat16 if fewer_bits else torch.float32
        return Fixed(parts, compiled.build, dtype)
    if name == "openvino":
        from pix2pix.backends import openvino

        return Fixed(parts, openvino.build, torch.float32, inside=torch.bfloat16 if fewer_bits else None)
    if name == "graphs":
        from pix2pix.backends.graphs import Graphs

        return Graphs(parts, device)
    return Eager(parts, device, TYPES[name])
