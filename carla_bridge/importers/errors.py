"""What is wrong with material to import, each said in one sentence."""

from pathlib import Path

from carla_bridge.errors import BridgeError


class CannotImport(BridgeError):
    """A file or folder holds no label maps that can be read without guessing."""

    def __init__(self, path: Path, problem: str):
        super().__init__(f"cannot import {path}: {problem}")
