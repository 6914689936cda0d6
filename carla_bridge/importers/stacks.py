"""Arrays in .npy and .npz, whose header says what they are before anything is unpacked."""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from carla_bridge.importers.errors import CannotImport, check_size, reading

MAX_STACK_PIXELS = 1 << 34  # more than that is no array anybody made
MAX_UNPACKED_PIXELS = 1 << 32  # an .npz comes into memory whole
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError)  # zipfile's


def open_stack(path: Path) -> np.ndarray:
    """Return the N,H,W uint8 of an .npy, left on the disk, or of the first array of an .npz."""
    try:
        with reading(path):
            return _mapped(path) if path.suffix == ".npy" else _unpacked(path)
    except (ValueError, EOFError, *_DAMAGED) as error:
        raise CannotImport(path, f"it is no plain array ({error})") from error


def _mapped(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        _check_header(path, file, MAX_STACK_PIXELS)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _unpacked(path: Path) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        if not names:
            raise CannotImport(path, "there is not one array in it")
        with archive.open(names[0]) as file:
            _check_header(path, file, MAX_UNPACKED_PIXELS)
        with archive.open(names[0]) as file:
            return np.asarray(npy.read_array(file, allow_pickle=False))


def _check_header(path: Path, file: IO[bytes], max_pixels: int) -> None:
    read_header = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError("it is a pickle, which may run anything")
    if dtype != np.uint8 or len(shape) != 3:
        raise CannotImport(path, f"it is {dtype} of shape {shape}; tags are uint8 (N, H, W)")
    frames, height, width = shape
    check_size(path, width, height)
    if frames * height * width > max_pixels:
        raise CannotImport(path, f"its shape {shape} is more than {max_pixels} pixels; split it")
