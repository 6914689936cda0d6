"""Packs: what goes in comes out, and what is not ours is refused."""

import json
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pix2pix.cli import main
from pix2pix.datasets import Sample, open_dataset, open_joined
from pix2pix.datasets.pack_writer import PackWriter
from pix2pix.errors import Pix2PixError


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def pack(street_data, tmp_path):
    result = run("pack", "--data", street_data, "--out", tmp_path / "street.pack")
    assert result.exit_code == 0, result.output
    return tmp_path / "street.pack"


def test_a_pack_gives_back_every_byte_in_order(street_data, pack):
    for split in ("train", "val"):
        files, packed = open_dataset(street_data, split), open_dataset(pack, split)
        assert packed.names == files.names
        for index in range(len(files)):
            assert np.array_equal(packed[index].photo_rgb, files[index].photo_rgb)
            assert np.array_equal(packed[index].label_ids, files[index].label_ids)


def test_boundaries_are_packed_and_lie_on_both_sides_of_an_edge(street_data, tmp_path):
    dataset = open_dataset(street_data, "val")
    for pair in dataset.pairs:
        instances = np.zeros((72, 96), np.uint16)
        instances[10:20, 30:50] = 26001
        cv2.imwrite(str(pair.labels).replace("labelIds", "instanceIds"), instances)
    assert run("pack", "--data", street_data, "--out", tmp_path / "b.pack", "--splits", "val").exit_code == 0
    boundary = open_dataset(tmp_path / "b.pack", "val")[0].boundary
    assert boundary[9, 35]
    assert boundary[10, 35]
    assert not boundary[15, 40]
    assert boundary.sum() == np.fliplr(boundary).sum() == 2 * 2 * (20 + 10) - 4


def test_sizes_that_differ_get_shards_of_their_own(tmp_path):
    sizes = [(16, 20), (16, 20), (24, 20)]
    samples = [(f"{n}", Sample(None, np.full(size, 7, np.uint8), None, 0)) for n, size in enumerate(sizes)]
    with PackWriter(tmp_path / "maps.pack") as writer:
        writer.add("train", samples)
    packed = open_dataset(tmp_path / "maps.pack", "train")
    assert [packed[n].label_ids.shape for n in range(3)] == sizes
    assert packed[0].photo_rgb is None
    assert json.loads((tmp_path / "maps.pack" / "pack.json").read_text())["splits"]["train"]["pixels"] == {
        "7": 16 * 20 * 2 + 24 * 20
    }


def test_shrinking_keeps_label_ids_whole(street_data, tmp_path):
    out = tmp_path / "small.pack"
    assert run("pack", "--data", street_data, "--out", out, "--size", "48x36").exit_code == 0
    sample = open_dataset(out, "train")[0]
    assert sample.photo_rgb.shape == (36, 48, 3)
    assert set(np.unique(sample.label_ids)) <= {7, 11, 23, 26}
    assert run("pack", "--data", street_data, "--out", tmp_path / "x", "--size", "huge").exit_code == 1


def test_sequences_can_be_left_out_of_a_pack(pack):
    with pytest.raises(Pix2PixError, match="nothing is left"):
        open_dataset(pack, "train", skip=["seq"])


def test_a_bad_file_stops_the_pack_and_leaves_nothing(street_data, tmp_path):
    open_dataset(street_data, "train").pairs[1].photo.write_bytes(b"\x89PNG not really")
    result = run("pack", "--data", street_data, "--out", tmp_path / "p.pack")
    assert result.exit_code == 1
    assert "001_leftImg8bit" in result.output
    assert not list(tmp_path.glob("p.pack*"))


def test_skip_bad_goes_on_and_names_what_it_left_out(street_data, tmp_path):
    pairs = open_dataset(street_data, "train").pairs
    pairs[1].photo.write_bytes(b"\x89PNG not really")
    pairs[3].labels.unlink()
    result = run("pack", "--data", street_data, "--out", tmp_path / "p.pack", "--skip-bad")
    assert result.exit_code == 0, result.output
    assert "001_leftImg8bit" in result.output
    assert "003_gtFine" in result.output
    assert len(open_dataset(tmp_path / "p.pack", "train")) == 4


def test_a_pack_is_never_written_over_another(street_data, pack):
    result = run("pack", "--data", street_data, "--out", pack)
    assert result.exit_code == 1
    assert "is already there" in result.output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda index: index | {"format": 99}, "format 99"),
        (lambda index: index | {"splits": {}}, "no split train"),
        (lambda index: index | {"extra": 1}, "pack.json"),
    ],
)
def test_a_strange_index_is_refused(pack, change, says):
    path = pack / "pack.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(Pix2PixError, match=says):
        open_dataset(pack, "train")


def test_a_shard_can_not_name_a_file_elsewhere(pack):
    path = pack / "pack.json"
    path.write_text(path.read_text().replace('"train-0000"', '"../train-0000"'))
    with pytest.raises(Pix2PixError, match="can't be read"):
        open_dataset(pack, "train")


def test_truncated_pickled_and_misshapen_shards_are_refused(pack):
    path = pack / "train-0000-labels.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(Pix2PixError, match="can't be mapped"):
        open_dataset(pack, "train")
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(Pix2PixError, match="can't be mapped"):
        open_dataset(pack, "train")
    np.save(path, np.zeros((2, 2), np.uint8))
    with pytest.raises(Pix2PixError, match=r"\(2, 2\)"):
        open_dataset(pack, "train")


def maps(*sizes, photos=False):
    """Return samples whose label ids say which is which."""
    rng = np.random.default_rng(0)
    for number, size in enumerate(sizes):
        photo_rgb = rng.integers(0, 256, (*size, 3), np.uint8) if photos else None
        yield f"maps/{number}", Sample(photo_rgb, np.full(size, number, np.uint8), None, 0)


def test_sizes_that_take_turns_share_shards_and_keep_their_order(tmp_path):
    sizes = [(16, 20), (24, 20)] * 5
    with PackWriter(tmp_path / "m.pack") as writer:
        writer.add("train", maps(*sizes, photos=True))
    packed = open_dataset(tmp_path / "m.pack", "train")
    assert len(list((tmp_path / "m.pack").glob("*-labels.npy"))) == 2
    for number, (name, sample) in enumerate(maps(*sizes, photos=True)):
        assert packed.names[number] == name
        assert np.array_equal(packed[number].photo_rgb, sample.photo_rgb)
        assert np.array_equal(packed[number].label_ids, sample.label_ids)


def test_a_full_shard_is_followed_by_another(tmp_path):
    with PackWriter(tmp_path / "m.pack", shard_bytes=3 * 16 * 20 * 3) as writer:
        writer.add("train", maps(*[(16, 20)] * 8))
    shards = sorted((tmp_path / "m.pack").glob("*-labels.npy"))
    assert [len(np.load(shard)) for shard in shards] == [3, 3, 2]
    packed = open_dataset(tmp_path / "m.pack", "train")
    assert [int(packed[n].label_ids[0, 0]) for n in range(8)] == list(range(8))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../b", "a\\\\b", "a\\u0000b", ""])
def test_a_name_that_leads_elsewhere_is_refused(pack, name):
    path = pack / "pack.json"
    path.write_text(path.read_text().replace("leftImg8bit/train/seq/000_leftImg8bit.png", name))
    with pytest.raises(Pix2PixError, match="can't be read"):
        open_dataset(pack, "train")


def test_an_archive_or_a_link_in_the_place_of_a_shard_is_refused(pack, tmp_path):
    path = pack / "train-0000-labels.npy"
    path.rename(tmp_path / "elsewhere.npy")
    path.symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(Pix2PixError, match="it is a link"):
        open_dataset(pack, "train")
    path.unlink()
    with path.open("wb") as file:
        np.savez(file, np.zeros((6, 72, 96), np.uint8))
    with pytest.raises(Pix2PixError, match="can't be mapped"):
        open_dataset(pack, "train")
    path.write_bytes(b"")
    with pytest.raises(Pix2PixError, match="can't be mapped"):
        open_dataset(pack, "train")


@pytest.mark.parametrize("order", [[0] * 5, [0] * 5 + [1], [0] * 5 + [-1]])
def test_an_order_that_does_not_fit_the_shards_is_refused(pack, order):
    path = pack / "pack.json"
    index = json.loads(path.read_text())
    index["splits"]["train"]["order"] = order
    path.write_text(json.dumps(index))
    with pytest.raises(Pix2PixError, match="order does not fit"):
        open_dataset(pack, "train")


def test_a_pack_killed_while_it_is_written_is_none_and_the_next_run_makes_it(street_data, tmp_path):
    out = tmp_path / "p.pack"
    script = (
        "import os, signal, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from pix2pix.datasets import Sample\n"
        "from pix2pix.datasets.pack_writer import PackWriter\n"
        "def samples():\n"
        "    for number in range(9):\n"
        "        if number == 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield str(number), Sample(None, np.zeros((16, 16), np.uint8), None, 0)\n"
        "with PackWriter(Path(sys.argv[1])) as writer:\n"
        "    writer.add('train', samples())\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(out)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    with pytest.raises(Pix2PixError, match="no photos found"):
        open_dataset(tmp_path / "p.pack.partial", "train")
    assert run("pack", "--data", street_data, "--out", out).exit_code == 0
    assert [path.name for path in tmp_path.glob("p.pack*")] == ["p.pack"]


def test_what_a_pack_says_of_itself(street_data, tmp_path):
    options = ("--domain", "day", "--licence", "CC BY-NC 4.0", "--splits", "val")
    result = run("pack", "--data", street_data, "--out", tmp_path / "p.pack", *options)
    assert "2 of val" in result.output
    index = json.loads((tmp_path / "p.pack" / "pack.json").read_text())
    assert (index["domain"], index["licence"], index["source"]) == ("day", "CC BY-NC 4.0", "data")
    assert sum(index["splits"]["val"]["pixels"].values()) == 2 * 72 * 96


def test_splits_that_lead_elsewhere_and_a_place_that_can_not_be_written_are_one_sentence(
    street_data, tmp_path
):
    result = run("pack", "--data", street_data, "--out", tmp_path / "p", "--splits", "../train")
    assert result.exit_code == 1
    assert "are none; name them" in result.output
    (tmp_path / "file").write_text("in the way")
    result = run("pack", "--data", street_data, "--out", tmp_path / "file" / "p.pack")
    assert result.exit_code == 1
    assert "can't be written" in result.output


def test_training_refuses_label_maps_without_photos(tmp_path):
    with PackWriter(tmp_path / "m.pack") as writer:
        writer.add("train", maps((16, 20)))
    with pytest.raises(Pix2PixError, match="label maps without photos"):
        open_joined([tmp_path / "m.pack"], "train")
