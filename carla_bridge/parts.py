"""The folder of an unfinished conversion: whose it is, its parts, and the manifest before its video has a name.

A kill at any moment leaves a folder that the next run goes on with: `identity.json` is the first thing in it and
the last to go, and without it only an empty folder is taken for ours.
"""

import json
from pathlib import Path
from typing import Any

from carla_bridge.claims import Claim
from carla_bridge.outputs import OutputExists, partial_path, save_whole, writing


class PartsFolder:
    """`NAME.parts` beside a video to be; `about` says what the parts are parts of."""

    def __init__(self, out: Path, about: dict[str, Any]):
        self.path = out.with_suffix(".parts")
        self.manifest = self.path / "manifest.json"  # of the video that is about to get its name
        self._identity, self._about = self.path / "identity.json", about

    def is_of_this(self) -> bool:
        """Say whether an earlier run of the same conversion left it."""
        return self._identity.exists() and read_json(self._identity) == self._about

    def alone(self) -> Claim:
        """Make the folder, and keep other runs from it inside the block."""
        return Claim.of_folder(self.path)

    def prepare(self) -> None:
        """Keep what an earlier run left; what another conversion left is removed."""
        with writing(self.path):
            if not self.is_of_this():
                self._refuse_others()
                self._clear()
        save_whole(self._identity, json.dumps(self._about).encode(), overwrite=True)

    def part(self, number: int) -> Path:
        """Return where a part goes."""
        return self.path / f"{number:06d}.mp4"

    def tidy(self) -> None:
        """Remove what a kill left of a conversion that is done."""
        if self.is_of_this() or (self.path.is_dir() and self._is_empty()):
            self.remove()

    def remove(self) -> None:
        """Remove what is ours, what says so last."""
        with writing(self.path):
            self._clear()
            self.path.rmdir()

    def _clear(self) -> None:
        for video in self.path.glob("[0-9]*.mp4"):
            video.unlink()
        for file in (self.manifest, self._identity):
            partial_path(file).unlink(missing_ok=True)
            file.unlink(missing_ok=True)

    def _refuse_others(self) -> None:
        """Nothing of anybody else's is ever removed."""
        if not self._identity.exists() and not self._is_empty():
            raise OutputExists(self.path)

    def _is_empty(self) -> bool:
        return set(self.path.iterdir()) <= {partial_path(self._identity)}


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file of ours says; nothing where it isn't there or isn't ours."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
