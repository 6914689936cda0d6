"""The door to the official client library, which aborts the whole process on import when HOME is unset."""

import os
import tempfile
from pathlib import Path
from types import ModuleType


def ensure_home() -> None:
    """Give the process a HOME if it has none; to be called before the first `import carla`.

    Services and containers often have none. The client keeps its map cache below it.
    """
    if not os.environ.get("HOME"):
        os.environ["HOME"] = _home_of_user() or tempfile.gettempdir()


def load_client() -> ModuleType:
    """Return the module `carla`, safely imported."""
    ensure_home()
    import carla

    return carla


def _home_of_user() -> str | None:
    try:
        return str(Path("~").expanduser())
    except RuntimeError:  # the user id has no entry, as in many containers
        return None
