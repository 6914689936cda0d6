"""A wrong class is invisible in a pretty picture, so every row is checked against somebody else's table."""

import hashlib
import logging

import numpy as np
import pytest

from carla_bridge import labels
from carla_bridge.labels import CITYSCAPES, CITYSCAPES_BY_NAME, TAG_TABLES, NoTagTable, UnknownTag

TABLES = pytest.mark.parametrize("table", TAG_TABLES.values(), ids=TAG_TABLES)


def test_names_and_numbers_are_those_of_the_installed_client():
    carla = pytest.importorskip("carla")
    enum = {name: int(value) for name, value in carla.CityObjectLabel.names.items() if name != "Any"}
    ours = {row.name: row.tag for row in TAG_TABLES["0.9.14"].rows}
    assert ours == enum


def test_cityscapes_is_the_official_table():
    official = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    theirs = [
        (row.name, row.id, row.trainId, row.category, row.hasInstances, row.ignoreInEval, row.color)
        for row in official
    ]
    assert [tuple(row) for row in CITYSCAPES] == theirs


def test_cityscapes_has_not_changed_since_it_was_compared():
    """The comparison above needs a package that few have; this is its result."""
    listing = "\n".join(
        f"{row.name} {row.id} {row.train_id} {row.category} {row.has_instances:d} {row.ignore_in_eval:d} "
        f"{row.color_rgb[0]} {row.color_rgb[1]} {row.color_rgb[2]}"
        for row in CITYSCAPES
    )
    assert (
        hashlib.sha256(listing.encode()).hexdigest()
        == "565534a28382a433f5a382daf46a7ae052da75dfc16c6778e6d734cd57e8bb45"
    )


def test_the_nineteen_scored_classes_are_those_of_the_benchmark():
    scored = sorted((row for row in CITYSCAPES if not row.ignore_in_eval), key=lambda row: row.train_id)
    assert [row.train_id for row in scored] == list(range(19))
    assert [row.name for row in scored[:3]] == ["road", "sidewalk", "building"]
    assert [row.name for row in scored[-2:]] == ["motorcycle", "bicycle"]


def test_since_0_9_14_tags_are_train_ids_plus_one():
    table = TAG_TABLES["0.9.14"]
    assert [row.city.train_id for row in table.rows[1:20]] == list(range(19))


@TABLES
def test_every_tag_has_a_row_and_every_row_its_place(table):
    counts = {"0.8": 13, "0.9.10": 23, "0.9.14": 29, "0.10": 30}
    assert [row.tag for row in table.rows] == list(range(counts[table.release]))
    assert len({row.name for row in table.rows}) == len(table.rows)


@TABLES
def test_every_colour_we_emit_is_a_cityscapes_colour(table):
    every_tag = np.arange(len(table.rows), dtype=np.uint8)[None]
    emitted = {tuple(rgb) for rgb in labels.colorize(table.label_ids(every_tag))[0].tolist()}
    assert emitted <= {row.color_rgb for row in CITYSCAPES}


@TABLES
def test_ids_train_ids_and_colours_agree_pixel_by_pixel(table):
    every_tag = np.arange(len(table.rows), dtype=np.uint8)[None]
    label_ids = table.label_ids(every_tag)
    for row, label_id, train_id, rgb in zip(
        table.rows, label_ids[0], labels.train_ids(label_ids)[0], labels.colorize(label_ids)[0], strict=True
    ):
        assert (label_id, train_id, tuple(rgb)) == (row.city.id, row.city.train_id, row.city.color_rgb), row


@pytest.mark.parametrize(
    ("tag", "version", "meaning"),
    [
        (7, "0.9.13", "road"),
        (7, "0.9.14", "traffic light"),
        (10, "0.9.13", "car"),
        (10, "0.9.14", "terrain"),
        (13, "0.9.10", "sky"),
        (13, "0.9.16", "rider"),
        (24, "0.9.15", "road"),
        (6, "0.9.9", "road"),
        (3, "0.9.9", "unlabeled"),
        (29, "0.10.0", "unlabeled"),
        (14, "0.10.0", "car"),
    ],
)
def test_the_same_number_means_what_its_release_says(tag, version, meaning):
    table = labels.table_for_version(version)
    assert table.label_ids(np.uint8([[tag]]))[0, 0] == CITYSCAPES_BY_NAME[meaning].id


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("0.8.4", "0.8"),
        ("0.9.9.4", "0.8"),
        ("0.9.10", "0.9.10"),
        ("0.9.13-12-gabc", "0.9.10"),
        ("0.9.14", "0.9.14"),
        ("0.9.15-dirty", "0.9.14"),
        ("0.9.16", "0.9.14"),
        ("0.10.0", "0.10"),
    ],
)
def test_the_server_version_chooses_the_table(version, release):
    assert labels.table_for_version(version).release == release


@pytest.mark.parametrize("version", ["", "latest", "0.7.1", "0.11.0", "1.0.0"])
def test_a_version_without_table_is_refused_by_name(version):
    with pytest.raises(NoTagTable, match=repr(version)) as caught:
        labels.table_for_version(version)
    assert "--tag-table" in str(caught.value)


def test_a_table_can_be_forced():
    assert labels.tag_table("0.9.10").tag("Sky") == 13
    with pytest.raises(NoTagTable, match=r"'0.9.11'"):
        labels.tag_table("0.9.11")


def test_an_unknown_tag_is_refused_with_number_count_and_next_step():
    tags = np.ones((4, 6), np.uint8)
    tags[0, :3], tags[1, 0] = 31, 200
    with pytest.raises(UnknownTag, match=r"4 pixels carry tags 31, 200") as caught:
        TAG_TABLES["0.9.14"].label_ids(tags)
    assert "0.9.14" in str(caught.value)
    assert "--unknown-tags unlabeled" in str(caught.value)


def test_an_unknown_tag_read_as_unlabeled_warns_once(caplog):
    tags = np.uint8([[1, 77]])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert TAG_TABLES["0.9.14"].label_ids(tags, unknown="unlabeled").tolist() == [[7, 0]]
    assert [record.message for record in caplog.records] == [
        "tag 77 unknown in the table of CARLA 0.9.14, read as unlabeled"
    ]


@TABLES
def test_paint_is_road_and_can_still_be_found(table):
    tags = np.uint8([[table.tag("Roads"), table.tag("RoadLines"), table.tag("Poles")]])
    assert table.label_ids(tags)[0, :2].tolist() == [7, 7]
    assert table.road_line_mask(tags).tolist() == [[False, True, False]]


def test_red_is_not_blue():
    rider, car = CITYSCAPES_BY_NAME["rider"], CITYSCAPES_BY_NAME["car"]
    painted = labels.colorize(np.uint8([[rider.id, car.id]]))
    assert painted.tolist() == [[[255, 0, 0], [0, 0, 142]]]


def test_stacks_and_views_keep_their_shape_and_order():
    tags = np.random.default_rng(0).integers(0, 29, (3, 8, 10), np.uint8)
    table = TAG_TABLES["0.9.14"]
    label_ids = table.label_ids(tags)
    assert labels.colorize(label_ids).shape == (3, 8, 10, 3)
    assert np.array_equal(table.label_ids(tags[1]), label_ids[1])
    assert np.array_equal(table.label_ids(tags[:, ::2, 1::3]), label_ids[:, ::2, 1::3])
