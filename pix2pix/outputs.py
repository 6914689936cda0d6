"""Where results go: never over an old one, and never half a file under a whole one's name."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

from pix2pix.errors import Pix2PixError


def check_new(out: Path) -> None:
    """Refuse to overwrite anything."""
    if out.exists():
        raise Pix2PixError(f"{out} is already there; remove it or choose another name with --out")


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a partial name that becomes `path` when all of it is written; else it is gone, whatever went wrong.

    A full disk is one sentence.
    """
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:  # torch says RuntimeError of a full disk
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise Pix2PixError(f"{path} can't be written ({reason}); free the disk, then go on") from error
    finally:
        with suppress(OSError):  # where even that is impossible, the first reason is the one to say
            partial.unlink(missing_ok=True)
