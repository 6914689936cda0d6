"""The maps a stand-in can load: the files it was given, the towns of all seeds, and a text that a client sent."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.roads.xodr import MAX_TEXT, read_xodr
from carla_bridge.standin.streetscape.scenery_store import furnish_once
from carla_bridge.standin.streetscape.town import Town, build_town, seed_name, town_from_opendrive

FOLDER = "StandIn/Maps/"
HEADS = ("", *(f"{root}{owner}/Maps" for owner in ("StandIn", "Carla") for root in ("", "Game/", "/Game/")))
LAYERED = "_Opt"  # ends CARLA's name for a map whose layers can be switched, as those of all maps can here
SENT = "OpenDriveMap"  # CARLA's name for a text that a client sent
LISTED_SEEDS = 5
SUFFIX = ".xodr"
SEED = re.compile(r"StandIn-(\d{1,9})")


@dataclass(frozen=True)
class Place:
    """A town that can be built."""

    name: str
    seed: int  # of its scenery and its ambient life; of its streets too where there is no text
    text: str | None = None

    def build(self) -> Town:
        """Build the town; raise a MapError if the text is no map."""
        if self.text is None:
            return build_town(self.seed, furnish_once)
        return town_from_opendrive(self.name, self.text, seed=self.seed, furnish=furnish_once)


class Atlas:
    """All places by name; the first one is where a server starts."""

    def __init__(self, *, seed: int, files: Sequence[Path] = ()) -> None:
        self._seed = seed
        self._files = {path.stem: _read(path) for path in _expanded(files)}
        self._sent: str | None = None

    @property
    def first(self) -> Place:
        """The first file, or the seed's town without any."""
        name = next(iter(self._files), None)
        return Place(seed_name(self._seed), self._seed) if name is None else self._of_text(name)

    def names(self) -> list[str]:
        """Return the files and a few seeds; any other seed makes a town as well."""
        known = [*self._files, *(f"StandIn-{seed}" for seed in range(LISTED_SEEDS))]
        return [f"/Game/{FOLDER}{name}" for name in known]

    def find(self, name: str) -> Place | None:
        """Return the place that a client calls by the last part of its name or by all of it, even by CARLA's."""
        head, _, last = name.rpartition("/")
        if head not in HEADS:
            return None
        if self._text(last) is not None:
            return self._of_text(last)
        match = SEED.fullmatch(last)
        return Place(seed_name(int(match[1])), int(match[1])) if match else None

    def take(self, text: str) -> None:
        """Keep a client's map under CARLA's name for it; raise a MapError if it is none."""
        read_xodr(text)
        self._sent = text

    def _of_text(self, name: str) -> Place:
        return Place(FOLDER + name, self._seed, self._text(name))

    def _text(self, name: str) -> str | None:
        if name == SENT and self._sent is not None:
            return self._sent
        return self._files.get(name) or self._files.get(name.removesuffix(LAYERED))


def _expanded(files: Iterable[Path]) -> Iterable[Path]:
    """Yield the files, for a folder all maps in it."""
    for path in files:
        if not path.is_dir():
            yield path
        elif found := sorted(path.glob(f"*{SUFFIX}")):
            yield from found
        else:
            raise MapError(f"there is no {SUFFIX} file in {path}; give a folder with maps, or a map")


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TEXT:
            raise MapError(f"the map {path} has {path.stat().st_size} bytes; at most {MAX_TEXT} are read")
        text = path.read_text(encoding="utf-8")
        read_xodr(text)
    except OSError as error:
        raise MapError(f"cannot read the map {path}: {error.strerror}; give an OpenDRIVE file") from None
    except UnicodeDecodeError:
        raise MapError(f"cannot read the map {path}: it is no UTF-8 text; give an OpenDRIVE file") from None
    except MapError as error:
        raise MapError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    return text
