"""Any mix of stored drives gets names of its own, and what cannot be read is one item's sentence."""

import numpy as np
import pytest

from carla_bridge.batch import Item, NamedEngine, convert_item
from carla_bridge.convert import ConvertSettings
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.sources import ImportSettings, find_paths, sources_of, told_apart
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import paint

ENGINE = NamedEngine(paint, "test", "1" * 64, "cpu")


def put(path, *cameras):
    """Write something of the kind that the suffix says."""
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.full((2, 32, 48), 7, np.uint8))
        return
    with DriveWriter(path, drives.meta(*cameras)) as writer:
        writer.write(drives.tick(0, *cameras))


def names(*paths):
    sources = [source for path in paths for source in sources_of(path, ImportSettings())]
    return [source.name for source in told_apart(sources)]


def test_equal_names_gain_their_folders_and_others_stay(tmp_path):
    for folder in ("run1", "run2"):
        put(tmp_path / folder / "drive.mcap", "front", "left")
    put(tmp_path / "run2" / "other.mcap")
    paths = find_paths([f"{tmp_path}/run*/*.mcap", f"{tmp_path}/run2/../run2/other.mcap"])
    assert names(*paths) == [
        "run1-drive-front",
        "run1-drive-left",
        "run2-drive-front",
        "run2-drive-left",
        "other",
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("a/run/x.npy", "b/run/x.npy"), {"run-x", "run-x-npy"}),
        (("run1/x.npy", "run1/x.mcap"), {"run1-x", "run1-x-mcap"}),
        (("run1/x.npy", "run2/x.npy", "run3/run1-x.npy"), {"run1-x-npy", "run2-x", "run1-x"}),
    ],
)
def test_any_mix_has_names_of_its_own(tmp_path, files, expected):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        put(tmp_path / name, "front")
    assert set(names(*(tmp_path / name for name in files))) == expected


def test_a_camera_is_not_mistaken_for_another_drive(tmp_path):
    put(tmp_path / "run" / "x.mcap", "front", "left")
    put(tmp_path / "run" / "x-left.mcap", "front")
    found = names(tmp_path / "run" / "x.mcap", tmp_path / "run" / "x-left.mcap")
    assert found == ["run-x-front", "run-x-left", "run-x-left-mcap"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04" + bytes(90), "it is no plain array"),
        (b"", "it is no plain array"),
        (None, "it cannot be read|there is no such file"),
    ],
)
def test_a_bad_item_is_an_outcome_and_no_exception(tmp_path, content, sentence):
    path = tmp_path / "drive.npz"
    path.touch()
    (source,) = sources_of(path, ImportSettings())
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    outcome = convert_item(Item(source, tmp_path / "out", ConvertSettings()), ENGINE)
    assert outcome.failed
    assert sentence.split("|")[-1] in outcome.sentence


def test_the_rate_of_an_import_is_part_of_what_was_made(tmp_path):
    put(tmp_path / "drive.npy")
    for fps_hz, said in ((20.0, "wrote 2"), (20.0, "is done already"), (10.0, "exists already")):
        (source,) = sources_of(tmp_path / "drive.npy", ImportSettings(fps_hz=fps_hz))
        assert said in convert_item(Item(source, tmp_path / "out", ConvertSettings()), ENGINE).sentence
