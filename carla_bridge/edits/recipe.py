"""A recipe: edits one after the other, read from YAML, and a drive that is seen through recipes."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from carla_bridge.config import Settings, load_config
from carla_bridge.edits.placing import Insert, Move
from carla_bridge.edits.removing import Remove
from carla_bridge.edits.replacing import Replace
from carla_bridge.edits.scene import Lens, Scene
from carla_bridge.edits.shaping import Skyline, Widen
from carla_bridge.frames import DriveMeta, LabelFrame, StoredDrive
from carla_bridge.labels import TagTable, tag_table

Edit = Annotated[Replace | Remove | Insert | Move | Widen | Skyline, Field(discriminator="do")]


class Recipe(Settings):
    """Edits with a name; the frame passes through them in their order."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    about: str = ""
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)]

    @property
    def needs(self) -> frozenset[str]:
        """The layers that it needs besides the tags: "instance", "depth"."""
        return frozenset[str]().union(*(edit.needs for edit in self.edits))

    @property
    def sha256(self) -> str:
        """The hash of what it does."""
        return hashlib.sha256(self.model_dump_json(exclude={"about"}).encode()).hexdigest()

    def applied(
        self, frame: LabelFrame, lens: Lens, table: TagTable
    ) -> tuple[LabelFrame, list[Mapping[str, Any]]]:
        """Return the edited frame and what each edit did; the frame itself stays as it is."""
        scene = Scene(frame, table, lens)
        provenance: list[Mapping[str, Any]] = []
        for edit in self.edits:
            scene, told = edit.applied(scene)
            provenance.append({"recipe": self.name, **told})
        return scene.frame, provenance


def load_recipe(path: Path | str) -> Recipe:
    """Return the recipe of a file; raises `ConfigRefused` in one sentence."""
    return load_config(path, Recipe)


def needs_of(recipes: Iterable[Recipe]) -> frozenset[str]:
    """Return all layers that recipes need."""
    return frozenset[str]().union(*(recipe.needs for recipe in recipes))


def edited(
    frame: LabelFrame, recipes: Iterable[Recipe], lens: Lens, table: TagTable
) -> tuple[LabelFrame, list[Mapping[str, Any]]]:
    """Return a frame after several recipes, and what each of their edits did."""
    provenance: list[Mapping[str, Any]] = []
    for recipe in recipes:
        frame, told = recipe.applied(frame, lens, table)
        provenance += told
    return frame, provenance


class Switches:
    """Which recipes of a live drive are on; all are at first, and keys switch them."""

    def __init__(self, recipes: Sequence[Recipe]):
        self.recipes = recipes
        self._on = [True] * len(recipes)

    def toggle(self, number: int) -> None:
        """Switch a recipe, counted from 0; a number without one does nothing."""
        if number < len(self._on):
            self._on[number] = not self._on[number]

    @property
    def on(self) -> tuple[Recipe, ...]:
        """The recipes that are on, in their order."""
        return tuple(each for each, is_on in zip(self.recipes, self._on, strict=True) if is_on)

    def told(self) -> str:
        """Return a line for people: `1 no-cars  2 [tall]`, those that are off in brackets."""
        names = (
            each.name if is_on else f"[{each.name}]"
            for each, is_on in zip(self.recipes, self._on, strict=True)
        )
        return "  ".join(f"{number} {name}" for number, name in enumerate(names, start=1))


@dataclass(frozen=True)
class EditedDrive:
    """A drive as its frames are after the recipes that are on; entered at any place if the drive itself can be."""

    drive: Any  # a Drive, or a StoredDrive for `frames` and the length
    switches: Switches
    lens: Lens
    release: str | None = None  # of the tag table, if not the drive's own

    @property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""
        meta: DriveMeta = self.drive.meta
        return meta

    def __len__(self) -> int:
        return len(self.drive)

    def __iter__(self) -> Iterator[LabelFrame]:
        return self._edited(self.drive)

    def frames(self, start: int, stop: int) -> Iterator[LabelFrame]:
        """Yield the edited frames at the places start ≤ place < stop."""
        stored: StoredDrive = self.drive
        return self._edited(stored.frames(start, stop))

    def _edited(self, frames: Iterable[LabelFrame]) -> Iterator[LabelFrame]:
        table = tag_table(self.release or self.meta.tag_table)
        for frame in frames:
            yield edited(frame, self.switches.on, self.lens, table)[0]


def layers_for(recipes: Collection[Recipe], there: Collection[str]) -> tuple[str, ...]:
    """Return the layers of a drive that recipes need and that are there."""
    return tuple(sorted(needs_of(recipes) & set(there)))
