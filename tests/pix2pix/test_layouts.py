"""Each layout is recognised by its folders, and gives Cityscapes label ids."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pix2pix.classes import PALETTE_RGB
from pix2pix.cli import main
from pix2pix.datasets import Selection, open_dataset, open_joined, open_split
from pix2pix.datasets.aligned import label_ids_of
from pix2pix.datasets.bdd100k import LABEL_IDS
from pix2pix.datasets.joined import Joined
from pix2pix.errors import Pix2PixError
from tests.pix2pix.conftest import write_pair


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def write(path, picture_rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture_rgb[..., ::-1] if picture_rgb.ndim == 3 else picture_rgb)


def street(rng):
    label_ids = np.full((64, 96), 23, np.uint8)
    label_ids[30:] = 7
    left = int(rng.integers(0, 60))
    label_ids[20:50, left : left + 30] = 26
    return label_ids


def photo(rng):
    """Return something of many colours, smooth as photos are."""
    return cv2.resize(rng.integers(0, 256, (6, 9, 3), np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def bdd_data(tmp_path):
    rng = np.random.default_rng(0)
    for split in ("train", "val"):
        for number in range(3):
            mask = rng.integers(0, 19, (32, 48)).astype(np.uint8)
            mask[:4] = 255
            write(
                tmp_path / "images/10k" / split / f"{number}.jpg", rng.integers(0, 256, (32, 48, 3), np.uint8)
            )
            write(tmp_path / "labels/sem_seg/masks" / split / f"{number}.png", mask)
    write(tmp_path / "images/10k/test/9.jpg", np.zeros((32, 48, 3), np.uint8))  # photos alone
    return tmp_path


def test_bdd_train_ids_become_label_ids_and_255_is_never_judged(bdd_data):
    dataset = open_dataset(bdd_data, "train")
    assert dataset.names == [f"images/10k/train/{number}.jpg" for number in range(3)]
    mask = cv2.imread(str(bdd_data / "labels/sem_seg/masks/train/1.png"), cv2.IMREAD_UNCHANGED)
    label_ids = dataset[1].label_ids
    assert (label_ids[:4] == 0).all()
    assert (label_ids[4:] == np.array(LABEL_IDS)[mask[4:]]).all()
    assert LABEL_IDS[0] == 7
    assert LABEL_IDS[13] == 26
    assert LABEL_IDS[18] == 33  # road, car, bicycle


def test_bdd_is_found_in_the_folder_around_and_without_masks_there_is_no_split(bdd_data, tmp_path):
    (tmp_path / "around").mkdir()
    for name in ("images", "labels"):
        (tmp_path / name).rename(tmp_path / "around" / f"bdd-{name}")
    (tmp_path / "around/bdd100k").mkdir()
    for name in ("images", "labels"):
        (tmp_path / f"around/bdd-{name}").rename(tmp_path / "around/bdd100k" / name)
    assert len(open_dataset(tmp_path / "around", "val")) == 3
    assert open_split(tmp_path / "around", "test", Selection()) is None


def test_bdd_masks_with_other_numbers_are_named(bdd_data):
    write(bdd_data / "labels/sem_seg/masks/train/0.png", np.full((32, 48), 77, np.uint8))
    with pytest.raises(Pix2PixError, match=r"masks/train/0\.png holds numbers beyond"):
        open_dataset(bdd_data, "train")[0]


def test_a_photo_or_a_label_map_alone_is_named_from_both_sides(street_data, bdd_data):
    open_dataset(street_data, "train").pairs[2].photo.unlink()
    with pytest.raises(Pix2PixError, match=r"1 of 6 pairs lack a file.*002_leftImg8bit"):
        open_dataset(street_data, "train")
    (bdd_data / "images/10k/train/1.jpg").unlink()
    with pytest.raises(Pix2PixError, match=r"1 of 3 pairs.*10k/train/1\.jpg"):
        open_dataset(bdd_data, "train")
    assert len(open_dataset(bdd_data, "train", skip_bad=True)) == 2


def test_all_bad_files_are_named_at_once_the_first_ten_and_a_count(tmp_path):
    for number in range(14):
        write_pair(tmp_path / "data", "train", f"{number:03d}", np.full((32, 32), 7, np.uint8))
    pairs = open_dataset(tmp_path / "data", "train").pairs
    for pair in pairs[1:13]:
        pair.photo.write_bytes(b"none")
    result = run("pack", "--data", tmp_path / "data", "--out", tmp_path / "p.pack")
    assert result.exit_code == 1
    assert "12 pairs can't be used" in result.output
    assert "001_leftImg8bit" in result.output
    assert "010_leftImg8bit" in result.output
    assert "and 2 more" in result.output
    assert not list(tmp_path.glob("p.pack*"))


@pytest.mark.parametrize("labels_on", ["left", "right"])
def test_the_label_half_of_aligned_jpegs_is_found_by_its_colours(tmp_path, labels_on):
    rng = np.random.default_rng(1)
    truth = [street(rng) for _ in range(4)]
    for number, label_ids in enumerate(truth):
        halves = [PALETTE_RGB[label_ids], photo(rng)]
        picture = np.hstack(halves if labels_on == "left" else halves[::-1])
        write(tmp_path / "data/train" / f"{number}.jpg", picture)
    dataset = open_dataset(tmp_path / "data", "train")
    assert dataset.labels_on == labels_on
    for number, label_ids in enumerate(truth):
        found = dataset[number].label_ids
        edges = cv2.morphologyEx(label_ids, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8)) > 0
        assert (found == label_ids)[~edges].mean() > 0.995
        assert (found == label_ids).mean() > 0.96  # JPEG smears the edges alone
        assert dataset[number].photo_rgb.shape == (64, 96, 3)
    result = run("pack", "--data", tmp_path / "data", "--out", tmp_path / "a.pack", "--splits", "train")
    assert f"labels are the {labels_on} half" in result.output
    assert (open_dataset(tmp_path / "a.pack", "train")[2].label_ids == dataset[2].label_ids).all()


def test_every_class_keeps_its_own_colour():
    for label_id in range(4, 34):
        found = label_ids_of(PALETTE_RGB[[[label_id]]])[0, 0]
        assert (PALETTE_RGB[found] == PALETTE_RGB[label_id]).all()


def test_a_surface_of_nobodys_colour_is_void_but_not_a_seam():
    picture = np.full((40, 40, 3), PALETTE_RGB[7], np.uint8)
    picture[:, 20:22] = (0, 255, 255)
    picture[10:30, 2:18] = (0, 255, 255)
    found = label_ids_of(picture)
    assert (found[:, 20:22] == 7).all()
    assert (found[13:27, 5:15] == 0).all()
    assert (label_ids_of(picture[12:20, 5:10]) == 0).all()


def test_pictures_without_palette_colours_are_refused_and_the_side_can_be_said(tmp_path):
    rng = np.random.default_rng(2)
    for number in range(3):
        write(tmp_path / "data/train" / f"{number}.png", np.hstack([photo(rng), photo(rng)]))
    with pytest.raises(Pix2PixError, match=r"can't be told which half.*--labels-on"):
        open_dataset(tmp_path / "data", "train")
    result = run(
        "pack",
        "--data",
        tmp_path / "data",
        "--out",
        tmp_path / "p",
        "--labels-on",
        "left",
        "--splits",
        "train",
    )
    assert result.exit_code == 1
    assert "have no colour of a Cityscapes class" in result.output


def test_an_odd_width_is_no_pair_of_halves(tmp_path):
    write(tmp_path / "data/train/0.png", np.zeros((16, 33, 3), np.uint8))
    with pytest.raises(Pix2PixError, match="33 pixels wide"):
        open_dataset(tmp_path / "data", "train")


def test_a_subset_of_cities_can_be_packed(tmp_path):
    for city in ("aachen", "bochum"):
        for kind, name in (("leftImg8bit", "leftImg8bit"), ("gtFine", "gtFine_labelIds")):
            picture = np.full((32, 32), 7, np.uint8)
            write(tmp_path / "data" / kind / "train" / city / f"{city}_0_{name}.png", picture)
    whole, one = tmp_path / "whole.pack", tmp_path / "one.pack"
    assert run("pack", "--data", tmp_path / "data", "--out", whole).exit_code == 0
    assert run("pack", "--data", tmp_path / "data", "--out", one, "--only", "bochum").exit_code == 0
    assert open_dataset(one, "train").names == ["leftImg8bit/train/bochum/bochum_0_leftImg8bit.png"]
    assert open_dataset(whole, "train", skip=["aachen"]).names == open_dataset(one, "train").names


def test_nothing_of_a_known_layout_names_the_layouts(tmp_path):
    with pytest.raises(Pix2PixError, match=r"no photos found for train.*Cityscapes.*BDD100K.*aligned"):
        open_dataset(tmp_path, "train")
    with pytest.raises(Pix2PixError, match="no folder"):
        open_dataset(tmp_path / "nowhere", "train")


def test_packs_of_several_domains_are_joined_each_with_its_number(street_data, tmp_path):
    for name in ("day", "night"):
        run("pack", "--data", street_data, "--out", tmp_path / name, "--domain", name, "--splits", "train")
    both = open_joined([tmp_path / "day", tmp_path / "night"], "train", domains=["dusk", "night", "day"])
    assert [both[n].domain for n in (0, 5, 6, 11)] == [2, 2, 1, 1]
    assert both.pixels[23] == 2 * open_dataset(tmp_path / "day", "train").pixels[23]
    with pytest.raises(Pix2PixError, match="says night where the config knows day"):
        open_joined([tmp_path / "day", tmp_path / "night"], "train", domains=["day"])
    with pytest.raises(Pix2PixError, match="says no domain"):
        open_joined([street_data], "train", domains=["day"])


def test_a_joined_set_repeats_what_it_is_told_to(street_data):
    dataset = open_dataset(street_data, "val")
    joined = Joined([dataset, dataset], counts=[6, 2])
    assert len(joined) == 6 + 2
    assert joined.names == [name for name in dataset.names for _ in range(3)] + dataset.names
    assert Joined([dataset, dataset], counts=[0, 1]).names == dataset.names[:1]


def test_train_says_which_classes_never_occur_and_wants_photos(street_data, tmp_path):
    pack, config = tmp_path / "s.pack", tmp_path / "c.yaml"
    run("pack", "--data", street_data, "--out", pack)
    config.write_text(
        "{name: x, classes: [7, 11, 23, 26, 24, 33], crop_px: 32, discriminators: [{layers: 1}]}"
    )
    result = run("train", "--config", config, "--data", pack, "--out", tmp_path / "r", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "no pixel of the data shows the classes [24, 33]" in result.output
