"""Packs: what goes in comes out, and what is not ours is refused."""

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pix2pix.cli import main
from pix2pix.datasets import Sample, open_dataset
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
    assert "there already" in result.output


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
