"""Photos with label maps, whatever the layout on disk."""

from collections.abc import Sequence
from pathlib import Path

from pix2pix.datasets.aligned import Aligned
from pix2pix.datasets.bdd100k import Bdd100k
from pix2pix.datasets.cityscapes import Cityscapes
from pix2pix.datasets.joined import Joined, Subset
from pix2pix.datasets.pack import INDEX, Pack, read_index
from pix2pix.datasets.samples import Dataset, Sample, Selection
from pix2pix.errors import Pix2PixError

__all__ = [
    "Dataset",
    "Sample",
    "Selection",
    "domain_of",
    "open_dataset",
    "open_held_out",
    "open_joined",
    "open_split",
]

LAYOUTS: tuple[type[Cityscapes | Bdd100k | Aligned], ...] = (Cityscapes, Bdd100k, Aligned)


def open_dataset(
    path: Path, split: str, *, skip: Sequence[str] = (), domain: int = 0, skip_bad: bool = False
) -> Dataset:
    """Return one split of the data at `path`, whose layout is recognised: a pack, or folders of files.

    `skip` names sequences to leave out. Raises `Pix2PixError` if there is nothing of the kind.
    """
    return open_selected(path, split, Selection(skip=tuple(skip), domain=domain, skip_bad=skip_bad))


def open_selected(path: Path, split: str, selection: Selection) -> Dataset:
    """Return the selected samples of a split; see `open_dataset`."""
    if (path / INDEX).is_file():
        return _selected(Pack(path, split, domain=selection.domain), selection)
    layout = _layout(path, split)
    if layout is not None:
        return layout(path, split, selection)
    if not path.is_dir():
        raise Pix2PixError(
            f"{path} is no folder; --data must name a pack or a folder of photos with label maps"
        )
    raise Pix2PixError(
        f"no photos found for {split} in {path}; --data must name a pack or a folder of one of the layouts "
        f"{', '.join(layout.layout for layout in LAYOUTS)}"
    )


def open_joined(
    paths: Sequence[Path], split: str, *, skip: Sequence[str] = (), domains: Sequence[str] = ()
) -> Dataset:
    """Return a split of several data sets as one; with `domains`, each must be a pack that names one of them.

    Those that have no such split add nothing, as long as one has it.
    """
    there = [path for path in paths if _is_there(path, split)] or list(paths[:1])
    parts = [open_dataset(path, split, skip=skip, domain=domain_of(path, domains)) for path in there]
    for path, part in zip(there, parts, strict=True):
        if part[0].photo_rgb is None:
            raise Pix2PixError(
                f"{path} holds label maps without photos; they are for `pix2pix distill --maps`"
            )
    return parts[0] if len(parts) == 1 else Joined(parts)


def open_held_out(*paths: Path, domains: Sequence[str] = ()) -> Dataset | None:
    """Return the split "val" of the data sets, or None where there is none."""
    return open_joined(paths, "val", domains=domains) if any(_is_there(p, "val") for p in paths) else None


def open_split(path: Path, split: str, selection: Selection) -> Dataset | None:
    """Return a split, or None where there is none of that name; what is there but damaged is an error."""
    return open_selected(path, split, selection) if _is_there(path, split) else None


def never_shown(dataset: Dataset, classes: Sequence[int]) -> list[int] | None:
    """Return those of the classes that no pixel of a pack shows; None where it has not been counted."""
    pixels = getattr(dataset, "pixels", None)
    return None if pixels is None else [label_id for label_id in classes if not pixels.get(label_id)]


def _layout(path: Path, split: str) -> type[Cityscapes | Bdd100k | Aligned] | None:
    return next((layout for layout in LAYOUTS if layout.has(path, split)), None)


def _is_there(path: Path, split: str) -> bool:
    if (path / INDEX).is_file():
        return split in read_index(path).splits
    return _layout(path, split) is not None


def _selected(pack: Pack, selection: Selection) -> Dataset:
    places = [n for n, name in enumerate(pack.names) if selection.takes(Path(name).parts[:-1])]
    if not places:
        raise Pix2PixError("nothing is left of the pack; correct `skip` or --only")
    return pack if len(places) == len(pack) else Subset(pack, places)


def domain_of(path: Path, domains: Sequence[str]) -> int:
    """Return the place among `domains` of the one that the pack at `path` names; 0 where there are none."""
    if not domains:
        return 0
    name = read_index(path).domain if (path / INDEX).is_file() else ""
    if name not in domains:
        raise Pix2PixError(
            f"{path} says {name or 'no domain'} where the config knows {', '.join(domains)}; pack it by "
            "`pix2pix pack --domain NAME`"
        )
    return list(domains).index(name)
