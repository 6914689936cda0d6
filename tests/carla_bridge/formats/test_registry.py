"""What all formats keep to: the same bytes when a sample is written again, nothing outside their folder."""

import pytest

from carla_bridge.formats.registry import FORMATS
from tests.carla_bridge.formats import scenes

SAMPLES = (("train", "d0000", 0), ("train", "d0000", 1), ("val", "d0001", 0))


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder, layout, *, again):
    entries = {}
    for split, drive, number in SAMPLES:
        for _ in range(1 + again):
            entry = layout.write(scenes.sample(split, drive, number))
        entries.setdefault(split, []).append(entry)
    layout.finish(entries)
    if again:
        layout.finish(entries)
    return files_of(folder)


@pytest.mark.parametrize("name", FORMATS)
def test_a_sample_written_again_leaves_the_same_bytes(name, tmp_path):
    once = write(tmp_path / "once", FORMATS[name](tmp_path / "once"), again=False)
    twice = write(tmp_path / "twice", FORMATS[name](tmp_path / "twice"), again=True)
    assert once == twice
    assert not [path for path in once if ".partial" in path.name]
    assert {path.name for path in tmp_path.iterdir()} == {"once", "twice"}
    assert str(tmp_path).encode() not in b"".join(once.values())
