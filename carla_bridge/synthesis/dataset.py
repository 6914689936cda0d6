"""The folder of a dataset: what it is to become, its records, and at the end the manifest that vouches for the whole.

plan.json                what was asked for and everything that was drawn
records/d0000.jsonl …    a line per sample
cityscapes/ coco/ …      one folder per format
manifest.json            at the end: hash, counts, servers, checkpoint
report.html              to be looked at
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Self

from carla_bridge.claims import Claim
from carla_bridge.errors import BridgeError
from carla_bridge.formats.sample import DatasetFormat, Entry, Split
from carla_bridge.outputs import partial_path, save_whole, writing
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesis.records import Record, read_records

SPLITS: tuple[Split, ...] = ("train", "val", "test")


class OtherDataset(BridgeError):
    """The folder holds something else."""

    def __init__(self, folder: Path, differing: str):
        super().__init__(
            f"{folder} holds another dataset (its {differing} differs); choose another --out, or remove the folder"
        )


class NotEmpty(BridgeError):
    """The folder holds something that is no dataset of ours."""

    def __init__(self, folder: Path):
        super().__init__(f"{folder} is not empty and holds no dataset of ours; choose another --out")


class DatasetFolder:
    """A dataset on disk, finished or not; `about` and the drives say which one it is to be."""

    def __init__(self, path: Path, about: Mapping[str, Any], drives: Sequence[DrivePlan]):
        self.path, self.drives = path, drives
        self._told = json.loads(json.dumps({**about, "drives": [drive.told() for drive in drives]}))

    def alone(self) -> Claim:
        """Make the folder, and keep other runs from it inside the block."""
        return Claim.of_folder(self.path)

    def prepare(self) -> None:
        """Begin, or go on with what an earlier run of the same left; half-written files of that run go."""
        plan = self.path / "plan.json"
        with writing(self.path):
            if plan.exists():
                self._check_same(json.loads(plan.read_bytes()))
            elif any(each.name != partial_path(plan).name for each in self.path.iterdir()):
                raise NotEmpty(self.path)
            for partial in list(self.path.rglob("*.partial.*")):
                partial.unlink()
        save_whole(plan, _json(self._told), overwrite=True)

    def anywhere(self) -> Self:
        """Return the same with a path that does not depend on where a worker was started."""
        found = copy(self)
        found.path = self.path.absolute()
        return found

    @property
    def previews(self) -> Path:
        """The small pictures for the report."""
        return self.path / "previews"

    def records_of(self, drive: DrivePlan) -> Path:
        """Return where the records of a drive are."""
        return self.path / "records" / f"{drive.name}.jsonl"

    def records(self) -> Iterator[Record]:
        """Yield the records of all samples, drive by drive."""
        for drive in self.drives:
            yield from read_records(self.records_of(drive))

    def ended(self, drive: DrivePlan) -> dict[str, Any] | None:
        """Return what was noted when a drive ended, or None if it has not."""
        try:
            found: dict[str, Any] = json.loads(self._note(drive).read_bytes())
        except FileNotFoundError:
            return None
        return found

    def end(self, drive: DrivePlan, note: Mapping[str, Any]) -> None:
        """Note that a drive has all the samples it will have, and where it was driven."""
        save_whole(self._note(drive), _json(note), overwrite=True)

    def finish(self, formats: Mapping[str, DatasetFormat]) -> dict[str, Any]:
        """Write what is about the whole set, and the manifest last; return the manifest."""
        counts: Counter[str] = Counter()
        entries: dict[str, dict[Split, list[Entry]]] = {name: {} for name in formats}
        for record in self.records():
            counts[record["split"]] += 1
            for name in formats:
                entries[name].setdefault(record["split"], []).append(record["entries"][name])
        for name, each in formats.items():
            each.finish({split: entries[name][split] for split in SPLITS if split in entries[name]})
        manifest = {
            **self._told,
            "samples": sum(counts.values()),
            "samples_of_split": {split: counts[split] for split in SPLITS if counts[split]},
            "ends": {drive.name: self.ended(drive) for drive in self.drives},
            "sha256": hash_of(self.path, [*formats, "records"]),
        }
        save_whole(self.path / "manifest.json", _json(manifest), overwrite=True)
        return manifest

    def is_finished(self) -> bool:
        """Say whether an earlier run came to the end."""
        return (self.path / "manifest.json").exists()

    def _note(self, drive: DrivePlan) -> Path:
        return self.path / "records" / f"{drive.name}.json"

    def _check_same(self, found: Any) -> None:
        differing = [
            key for key in self._told if not isinstance(found, dict) or found.get(key) != self._told[key]
        ]
        if differing:
            raise OtherDataset(self.path, differing[0])


def hash_of(folder: Path, names: Iterable[str]) -> str:
    """Return the SHA-256 over names and contents of all files below the folders named, in order of their names."""
    digest = hashlib.sha256()
    with writing(folder):
        files = sorted(file for name in names for file in (folder / name).rglob("*") if file.is_file())
        for file in files:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, indent=1, sort_keys=True).encode()
