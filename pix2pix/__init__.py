"""pix2pix for driving scenes: label maps in, photos out. Knows images, not simulators."""

from typing import Any

__all__ = ["Pix2PixError", "load"]


def __getattr__(name: str) -> Any:  # lazily, so that `pix2pix --help` never loads torch
    if name == "load":
        from pix2pix.inference import load

        return load
    if name == "Pix2PixError":
        from pix2pix.errors import Pix2PixError

        return Pix2PixError
    raise AttributeError(f"module 'pix2pix' has no attribute {name!r}")
