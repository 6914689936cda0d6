"""The navigation mesh of the present town as a file that clients fetch once and keep."""

import hashlib
import threading
from typing import TYPE_CHECKING, NamedTuple

from .nav_file import nav_file
from .nav_mesh import nav_mesh

if TYPE_CHECKING:
    from .network import Network


class File(NamedTuple):
    """A file for the client's cache; the name says what is in it, for a name is never fetched twice."""

    name: str
    content: bytes


class Navigation:
    """Makes the file of a network when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network: Network | None = None
        self._file: File | None = None

    def file(self, network: "Network") -> File | None:
        """Return the file; None where nobody can walk."""
        with self._lock:
            if self._network is not network:
                self._network, self._file = network, _named(network, nav_file(nav_mesh(network)))
            return self._file


def _named(network: "Network", content: bytes) -> File | None:
    town = network.name.rpartition("/")[2]
    return File(f"{town}-{hashlib.sha256(content).hexdigest()[:16]}.bin", content) if content else None
