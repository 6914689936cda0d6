"""What was built for this machine, kept on disk and found again by everything it depends on.

An entry is a folder with one file and the file's hash. It appears all at once, and one that is damaged is built
anew: what a build makes is code, and damaged code crashes.
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from pix2pix.errors import Pix2PixError

FORMAT = 1  # one more whenever the same key would have to build something else
KEPT = 16  # entries; the ones unused for longest go first

Loaded = TypeVar("Loaded")


def cache_folder() -> Path:
    """Return where builds are kept: $XDG_CACHE_HOME/pix2pix or ~/.cache/pix2pix."""
    home = Path(os.environ.get("HOME") or tempfile.gettempdir())
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "pix2pix"


def key_of(weights: str, *, libraries: tuple[str, ...] = (), **settings: Any) -> str:
    """Return the name of what is built of these weights (their hash) for this machine with these libraries."""
    told = {
        "format": FORMAT,
        "weights": weights,
        "machine": [platform.machine(), sorted(map(str, torch.cpu.get_capabilities().items()))],
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in ("torch", *libraries)},
        **settings,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def weights_hash(network: nn.Module) -> str:
    """Return the hash of a network's structure, weights and buffers."""
    found = hashlib.sha256(repr(network).encode())
    for name, value in network.state_dict().items():
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.detach().reshape(-1).contiguous().view(torch.uint8).numpy())
    return found.hexdigest()


def cached(
    key: str, file_name: str, *, build: Callable[[Path], object], load: Callable[[Path], Loaded]
) -> Loaded:
    """Return what `load` makes of the entry's file, written by `build` when it isn't there or is damaged."""
    entry = cache_folder() / key
    if _is_whole(entry, file_name):
        with suppress(RuntimeError, OSError):
            loaded = load(entry / file_name)
            os.utime(entry)
            return loaded
    shutil.rmtree(entry, ignore_errors=True)
    try:
        _write(entry, file_name, build)
    except OSError as error:
        raise Pix2PixError(
            f"{entry} can't be written ({error.strerror}); free the disk or set XDG_CACHE_HOME"
        ) from error
    _forget_oldest(entry.parent)
    return load(entry / file_name)


def _is_whole(entry: Path, file_name: str) -> bool:
    try:
        told = (entry / "sha256").read_text(encoding="ascii")
        return told == _hash(entry / file_name)
    except (OSError, UnicodeDecodeError):
        return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(entry: Path, file_name: str, build: Callable[[Path], object]) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # what lies in it is run
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=entry.parent))
    try:
        build(partial / file_name)
        (partial / "sha256").write_text(_hash(partial / file_name), encoding="ascii")
        with suppress(FileExistsError):  # another process was first
            try:
                partial.rename(entry)
            except OSError:
                if not entry.is_dir():
                    raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _forget_oldest(folder: Path) -> None:
    entries = [path for path in folder.iterdir() if (path / "sha256").is_file()]
    for path in sorted(entries, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
