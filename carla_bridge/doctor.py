"""What a user's machine has and lacks, as facts: for `carla-bridge doctor` and for bug reports."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from carla_bridge.errors import BridgeError
from carla_bridge.home import load_client
from carla_bridge.labels import table_for_version
from carla_bridge.server import Lifeline

_PACKAGES = ("numpy", "opencv-python", "torch", "pygame", "av", "pydantic", "safetensors", "msgpack", "numba")
_PYTHON_MIN, _PYTHON_END = (3, 11), (3, 13)  # the wheels of the client exist for these
_DISK_GIB = 5  # a session's datasets and recordings; a checkpoint is far smaller
_SERVER_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Check:
    """One fact, and what to do if it is a bad one."""

    name: str
    ok: bool
    finding: str
    next_step: str = ""


def examine(host: str, port: int, *, describe_engine: Callable[[], str], out: Path) -> Iterator[Check]:
    """Yield one check after the other; `describe_engine` says what would generate photos, or raises.

    The caller knows the engine; this module knows no network.
    """
    yield _python()
    yield _packages()
    yield _home()  # before anything that imports the client
    yield _client()
    yield _server(host, port)
    yield _codec("libx264", "video cannot be written: reinstall `av`")
    yield _codec("h264_nvenc", "video is encoded on the processor, which works; needs an NVIDIA driver")
    yield _display()
    yield _engine(describe_engine)
    yield _disk(out)


def _python() -> Check:
    ok = _PYTHON_MIN <= sys.version_info[:2] < _PYTHON_END
    return Check(
        "python", ok, f"{platform.python_version()} on {platform.platform()}", "use Python 3.11 or 3.12"
    )


def _packages() -> Check:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    finding = ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else "")
    return Check("packages", not missing, finding, f"pip install {' '.join(missing)}" if missing else "")


def _home() -> Check:
    home = os.environ.get("HOME")
    step = "our commands choose one; set it for scripts of your own, `import carla` aborts without"
    return Check("HOME", bool(home), home or "not set", step)


def _client() -> Check:
    try:
        version = importlib.metadata.version("carla")
        load_client()
    except (importlib.metadata.PackageNotFoundError, ImportError) as error:
        return Check("CARLA client", False, str(error), "pip install carla==0.9.16")
    return Check("CARLA client", True, version)


def _server(host: str, port: int) -> Check:
    try:
        lifeline = Lifeline(host, port, _SERVER_TIMEOUT_S)
    except BridgeError as error:
        return Check("CARLA server", False, str(error))  # it says the next step itself
    lifeline.close()
    try:
        release = table_for_version(lifeline.version).release
    except BridgeError as error:
        return Check("CARLA server", False, f"{lifeline.version} at {host}:{port}", str(error))
    return Check("CARLA server", True, f"{lifeline.version} at {host}:{port}, tag table {release}")


def _codec(name: str, next_step: str) -> Check:
    try:
        import av

        encoder = av.CodecContext.create(name, "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = 640, 480, "yuv420p"
        encoder.time_base = Fraction(1, 20)
        encoder.open()  # NVENC is in PyAV everywhere, and opens only where there is an NVIDIA card
    except ImportError as error:
        return Check(name, False, str(error), "pip install av")
    except (ValueError, OSError, av.FFmpegError) as error:
        return Check(name, False, str(error), next_step)
    return Check(name, True, "opens")


def _display() -> Check:
    if sys.platform != "linux":
        return Check("display", True, sys.platform)
    for variable in ("WAYLAND_DISPLAY", "DISPLAY", "SDL_VIDEODRIVER"):
        if value := os.environ.get(variable):
            return Check("display", True, f"{variable}={value}")
    return Check("display", False, "none", "run with --headless, or set DISPLAY")


def _engine(describe_engine: Callable[[], str]) -> Check:
    try:
        return Check("engine", True, describe_engine())
    except (BridgeError, ImportError, OSError, RuntimeError, ValueError) as error:
        return Check("engine", False, str(error), "name a checkpoint with --checkpoint, or reinstall torch")


def _disk(out: Path) -> Check:
    existing = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    free_gib = shutil.disk_usage(existing).free / 2**30
    return Check(
        "disk",
        free_gib >= _DISK_GIB,
        f"{free_gib:.0f} GiB free below {existing}",
        "choose another folder with --out",
    )
