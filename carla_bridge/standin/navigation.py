"""The navigation mesh of the present town as a file that clients fetch once and keep."""

import hashlib
import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.streetscape.scenery_store import navigation_once

if TYPE_CHECKING:
    from carla_bridge.standin.roads.network import Network


log = logging.getLogger(__name__)


class File(NamedTuple):
    """A file for the client's cache; the name says what is in it, for a name is never fetched twice."""

    name: str
    content: bytes


class Navigation:
    """Has the file of the network that was asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network: Network | None = None
        self._file: File | None = None

    def file(self, network: "Network") -> File | None:
        """Return the file; None where nobody can walk."""
        with self._lock:
            if self._network is not network:
                self._network, self._file = network, _made(network)
            return self._file


def _made(network: "Network") -> File | None:
    try:
        return _named(network, navigation_once(network))
    except MapError as error:
        log.warning("no pedestrian of a client's will find its way: %s", error)
        return None


def _named(network: "Network", content: bytes) -> File | None:
    town = network.name.rpartition("/")[2]
    return File(f"{town}-{hashlib.sha256(content).hexdigest()[:16]}.bin", content) if content else None
