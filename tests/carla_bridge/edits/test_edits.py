"""Edits do what they say to label maps with known answers, leave their input alone, and never invent a tag."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from carla_bridge.config import ConfigRefused
from carla_bridge.edits.recipe import Edit, EditedDrive, Recipe, Switches, edited, load_recipe, needs_of
from carla_bridge.edits.removing import is_drawn
from carla_bridge.edits.scene import LayerMissing, Lens, NoSuchTag
from carla_bridge.edits.silhouettes import known, silhouette
from carla_bridge.frames import CameraMeta, DriveMeta, LabelFrame, Placement
from carla_bridge.labels import tag_table

TABLE = tag_table("0.9.14")
HEIGHT, WIDTH = 120, 240
LENS = Lens(WIDTH, HEIGHT, 90.0)
ROAD, SIDEWALK, BUILDING, VEGETATION, SKY, PERSON, CAR, LINES = (
    TABLE.tag(name)
    for name in ("Roads", "Sidewalks", "Buildings", "Vegetation", "Sky", "Pedestrians", "Car", "RoadLines")
)
RECIPES = sorted(Path("configs/edits").glob("*.yaml"))


def scene():
    """Return a street: a house on the left, a tree on the right, a car on the road before house and road."""
    tags = np.full((HEIGHT, WIDTH), SKY, np.uint8)
    instance_ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    depth_m = np.full((HEIGHT, WIDTH), 1000.0, np.float32)
    tags[30:62, :120], depth_m[30:62, :120] = BUILDING, 40.0
    tags[40:62, 180:], depth_m[40:62, 180:] = VEGETATION, 50.0
    tags[62:] = ROAD
    depth_m[62:] = LENS.ground_distances_m()[62:, None]
    tags[62:, 200:] = SIDEWALK
    tags[70:72, 100:140] = LINES
    tags[55:80, 60:90], instance_ids[55:80, 60:90], depth_m[55:80, 60:90] = CAR, 77, 9.0
    return LabelFrame(3, 0.15, tags, instance_ids=instance_ids, depth_m=depth_m)


def apply(frame, *edits, lens=LENS):
    return Recipe(name="test", edits=edits).applied(frame, lens, TABLE)


def test_one_class_becomes_another_and_only_that():
    frame, (told,) = apply(scene(), {"do": "replace", "classes": ["vegetation"], "by": "building"})
    changed = frame.tags != scene().tags
    assert np.array_equal(changed, scene().tags == VEGETATION)
    assert set(frame.tags[changed]) == {BUILDING}
    assert told == {"recipe": "test", "do": "replace", "pixels": int(changed.sum())}


def test_paint_on_the_road_is_road_for_edits_too():
    frame, _ = apply(scene(), {"do": "replace", "classes": ["road"], "by": "terrain"})
    assert not np.isin(frame.tags, [ROAD, LINES]).any()


def test_a_part_of_the_picture_and_a_distance_limit_what_is_replaced():
    where = {"left": 0.25, "right": 0.5, "from_m": 10, "to_m": 60}
    frame, _ = apply(scene(), {"do": "replace", "classes": ["building", "car"], "by": "wall", "where": where})
    rows, columns = np.nonzero(frame.tags != scene().tags)
    assert (columns.min(), columns.max()) == (60, 119)
    assert set(scene().tags[rows, columns]) == {BUILDING}  # the car is nearer than ten metres


def test_what_becomes_sky_is_as_far_away_and_no_object():
    frame, _ = apply(scene(), {"do": "replace", "classes": ["car"], "by": "sky"})
    was_car = scene().tags == CAR
    assert set(frame.depth_m[was_car]) == {1000.0}
    assert set(frame.instance_ids[was_car]) == {0}


def test_a_car_that_becomes_a_truck_stays_the_same_object():
    frame, _ = apply(scene(), {"do": "replace", "classes": ["car"], "by": "truck"})
    assert set(frame.instance_ids[scene().tags == CAR]) == {77}


def test_behind_a_removed_car_are_the_house_above_and_the_road_below():
    frame, (told,) = apply(scene(), {"do": "remove", "classes": ["car"]})
    was_car = scene().tags == CAR
    assert set(frame.tags[55:62, 60:90].ravel()) == {BUILDING}
    assert set(frame.tags[62:80, 60:90].ravel()) <= {ROAD, LINES}
    assert not frame.instance_ids.any()
    assert frame.depth_m[55:62, 60:90] == pytest.approx(40.0)
    assert frame.depth_m[79, 75] == pytest.approx(LENS.ground_distances_m()[79])
    assert told["pixels"] == was_car.sum()
    assert np.array_equal(frame.tags[~was_car], scene().tags[~was_car])


def test_what_is_behind_is_the_farther_of_left_and_right():
    start = scene()
    tags, depth_m = start.tags.copy(), start.depth_m.copy()
    tags[55:62, 90:], depth_m[55:62, 90:] = (
        VEGETATION,
        12.0,
    )  # a hedge right of the car, nearer than the house
    frame, _ = apply(replace(start, tags=tags, depth_m=depth_m), {"do": "remove", "classes": ["car"]})
    assert set(frame.tags[55:62, 60:90].ravel()) == {BUILDING}


def test_without_depth_the_nearer_side_fills():
    frame, _ = apply(replace(scene(), depth_m=None), {"do": "remove", "classes": ["car"]})
    assert set(frame.tags[62:80, 60:90].ravel()) <= {ROAD, LINES}
    assert frame.depth_m is None


def test_a_share_of_objects_is_the_same_one_all_through_a_drive():
    gone = [number for number in range(2000) if is_drawn(number, 0.3, seed=1)]
    assert len(gone) == pytest.approx(600, abs=60)
    assert gone == [number for number in range(2000) if is_drawn(number, 0.3, seed=1)]
    stays = next(seed for seed in range(50) if not is_drawn(77, 0.5, seed))
    frame, (told,) = apply(scene(), {"do": "remove", "classes": ["car"], "share": 0.5, "seed": stays})
    assert np.array_equal(frame.tags, scene().tags)
    assert told["instances"] == []


def test_an_inserted_pedestrian_stands_on_the_ground_in_the_right_size():
    frame, (told,) = apply(scene(), {"do": "insert", "what": "pedestrian", "ahead_m": 6, "right_m": 1})
    rows, columns = np.nonzero(frame.tags == PERSON)
    height_m = silhouette("pedestrian").shape[0] / 64
    assert np.ptp(rows) + 1 == pytest.approx(height_m * LENS.focal_px / 6, abs=1.5)
    assert rows.max() + 1 == pytest.approx(LENS.ground_row(6), abs=1)
    assert columns.mean() == pytest.approx(LENS.column(1, 6), abs=2)
    assert set(frame.depth_m[rows, columns]) == {6.0}
    assert set(frame.instance_ids[rows, columns]) == {65000}
    assert told["pixels"] == len(rows)


def test_what_is_nearer_hides_what_is_inserted():
    behind, (told,) = apply(scene(), {"do": "insert", "what": "pedestrian", "ahead_m": 12, "right_m": -4.5})
    assert set(behind.tags[scene().tags == CAR]) == {CAR}  # the car at nine metres
    before, (other,) = apply(scene(), {"do": "insert", "what": "pedestrian", "ahead_m": 8, "right_m": -3})
    assert (before.tags[scene().tags == CAR] == PERSON).any()
    assert told["pixels"] < other["pixels"]


def test_a_cyclist_is_a_rider_on_a_bicycle():
    frame, _ = apply(scene(), {"do": "insert", "what": "cyclist-side", "ahead_m": 7})
    inserted = TABLE.label_ids(frame.tags)[frame.instance_ids == 65000]
    assert set(inserted) == {25, 33}


def test_a_moved_car_leaves_what_was_behind_and_shrinks_with_distance():
    frame, (told,) = apply(scene(), {"do": "move", "classes": ["car"], "right_m": 4.0, "ahead_m": 9.0})
    rows, columns = np.nonzero(frame.tags == CAR)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == pytest.approx(
        (12.5, 15), abs=1
    )  # twice as far, half the size
    assert columns.mean() == pytest.approx(LENS.column((75 - 120) * 9 / 120 + 4.0, 18.0), abs=1)
    assert set(frame.depth_m[rows, columns]) == {18.0}
    assert not (frame.tags[72:80, 60:90] == CAR).any()
    assert told["instances"] == [77]


def test_a_mirrored_car_stays_where_it_is():
    start = scene()
    tags, ids, depth_m = start.tags.copy(), start.instance_ids.copy(), start.depth_m.copy()
    step = np.s_[55:60, 60:70]  # on its left
    tags[step], ids[step], depth_m[step] = BUILDING, 0, 40.0
    start = replace(start, tags=tags, instance_ids=ids, depth_m=depth_m)
    frame, _ = apply(start, {"do": "move", "classes": ["car"], "mirrored": True})
    car = frame.tags == CAR
    assert car[56, 61]
    assert not car[56, 85]
    assert car[70, 60:90].all()


def test_a_sidewalk_grows_by_metres_over_the_road():
    frame, _ = apply(scene(), {"do": "widen", "by_m": 0.5})
    for row in (75, 100):
        grown = (frame.tags[row] == SIDEWALK).sum() - (scene().tags[row] == SIDEWALK).sum()
        assert grown == pytest.approx(0.5 * LENS.focal_px / LENS.ground_distances_m()[row], abs=1)
    assert np.array_equal(frame.tags[:62], scene().tags[:62])


@pytest.mark.parametrize(("by", "top"), [(0.5, 14), (-0.5, 46)])
def test_the_sky_line_rises_and_falls(by, top):
    frame, _ = apply(scene(), {"do": "skyline", "of": "building", "by": by})
    assert np.flatnonzero(frame.tags[:, 20] == BUILDING).min() == top
    assert frame.depth_m[top - 1, 20] == 1000.0
    assert frame.depth_m[top, 20] == 40.0
    assert np.array_equal(frame.tags[:, 150], scene().tags[:, 150])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_shipped_recipes_change_something_and_compose(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.about
    frame, provenance = edited(scene(), [recipe, recipe], LENS, TABLE)
    assert len(provenance) == 2 * len(recipe.edits)
    assert provenance[0]["pixels"] > 0
    assert (frame.tags != scene().tags).any()


def test_there_are_five_recipes():
    assert len(RECIPES) >= 5


EDITS = [
    {"do": "replace", "classes": ["building"], "by": "vegetation"},
    {"do": "replace", "classes": ["road", "sky"], "by": "sidewalk", "where": {"top": 0.5, "to_m": 30}},
    {"do": "remove", "classes": ["car", "person"]},
    {"do": "insert", "what": "car-side", "ahead_m": 15, "right_m": -2, "mirrored": True},
    {"do": "move", "classes": ["car"], "right_m": -3, "nearest_only": False},
    {"do": "widen", "by_m": 3},
    {"do": "skyline", "by": 1.5},
    {"do": "skyline", "of": "vegetation", "by": -0.4},
]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
def test_edits_are_pure_and_never_invent_tags(random, chosen):
    draw = np.random.default_rng(random.getrandbits(32))
    blocks = draw.choice([row.tag for row in TABLE.rows], (6, 8)).astype(np.uint8)
    tags = np.kron(blocks, np.ones((10, 12), np.uint8))
    ids = np.kron(draw.integers(0, 4, (6, 8)), np.ones((10, 12))).astype(np.uint16)
    depth_m = np.kron(draw.uniform(1, 90, (6, 8)), np.ones((10, 12))).astype(np.float32)
    for layer in (tags, ids, depth_m):
        layer.flags.writeable = False
    frame = LabelFrame(1, 0.0, tags, instance_ids=ids, depth_m=depth_m)
    after, provenance = apply(frame, *chosen, lens=Lens(96, 60, 90.0))
    assert (after.tags.shape, after.tags.dtype) == (tags.shape, np.uint8)
    assert (after.instance_ids.dtype, after.depth_m.dtype) == (np.uint16, np.float32)
    assert set(np.unique(after.tags)) <= {row.tag for row in TABLE.rows}
    assert np.isfinite(after.depth_m).all()
    assert len(provenance) == len(chosen)
    assert (after.tick, after.time_s, after.camera) == (1, 0.0, "front")


@pytest.mark.parametrize(
    ("edit", "layer"),
    [
        ({"do": "insert", "what": "pedestrian", "ahead_m": 6}, "depth"),
        ({"do": "move", "classes": ["car"]}, "instance"),
        ({"do": "remove", "classes": ["car"], "share": 0.5}, "instance"),
        ({"do": "replace", "classes": ["car"], "by": "truck", "where": {"to_m": 20}}, "depth"),
    ],
)
def test_a_layer_that_is_not_there_is_asked_for_by_name(edit, layer):
    assert layer in Recipe(name="x", edits=[edit]).needs
    with pytest.raises(LayerMissing, match=f"needs the layer '{layer}'"):
        apply(replace(scene(), depth_m=None, instance_ids=None), edit)


def test_a_release_without_the_class_says_so():
    old = tag_table("0.9.10")
    frame = LabelFrame(1, 0.0, np.full((4, 4), old.tag("Vehicles"), np.uint8))
    recipe = Recipe(name="x", edits=[{"do": "replace", "classes": ["car"], "by": "bus"}])
    with pytest.raises(NoSuchTag, match=r"'bus', for which the tag table of CARLA 0\.9\.10"):
        recipe.applied(frame, Lens(4, 4, 90.0), old)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([], "edits is []"),
        ([{"do": "dance"}], "edits.0"),
        ([{"do": "replace", "classes": ["unicorn"], "by": "road"}], "'unicorn' is no Cityscapes class; there are"),
        ([{"do": "remove", "classes": ["road"]}], "'road' cannot be removed, only replaced"),
        ([{"do": "insert", "what": "tank", "ahead_m": 5}], "there is no silhouette 'tank'; there are bus-rear"),
        ([{"do": "insert", "what": "child", "ahead_m": 0}], "edits.0.insert.ahead_m is 0"),
        ([{"do": "replace", "classes": ["car"], "by": "bus", "where": {"left": 1, "right": 0}}], "left is 1 and"),
        ([{"do": "move", "classes": ["building"]}], "'building' has no instances"),
        ([{"do": "skyline", "by": 0}], "by is 0, which changes nothing"),
    ],
)  # fmt: skip
def test_senseless_recipes_are_refused_by_name(tmp_path, edits, words):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({"name": "x", "edits": edits}))
    with pytest.raises(ConfigRefused) as refused:
        load_recipe(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)


def test_every_silhouette_is_an_object_on_its_lowest_row():
    assert len(known()) >= 10
    for name in known():
        label_ids = silhouette(name)
        assert label_ids[-1].any()
        assert set(np.unique(label_ids)) - {0} <= {24, 25, 26, 27, 28, 31, 32, 33}


def test_recipes_need_what_their_edits_need_and_have_a_hash_of_what_they_do():
    one, other = (
        load_recipe(Path("configs/edits") / f"{name}.yaml") for name in ("people-ahead", "no-trees")
    )
    assert needs_of([one, other]) == {"depth"}
    assert one.sha256 == one.model_copy(update={"about": "other words"}).sha256 != other.sha256


def test_keys_switch_recipes_of_a_drive():
    recipes = [load_recipe(path) for path in RECIPES[:2]]
    switches = Switches(recipes)
    meta = DriveMeta("Town", "0.9.16", "0.9.14", WIDTH, HEIGHT, 90.0, 20.0)
    drive = EditedDrive(_Recorded(meta, [scene()] * 3), switches, LENS)
    switches.toggle(1)
    switches.toggle(7)  # there is none
    assert switches.told() == f"1 {recipes[0].name}  2 [{recipes[1].name}]"
    only_first, _ = recipes[0].applied(scene(), LENS, TABLE)
    assert np.array_equal(next(iter(drive)).tags, only_first.tags)
    switches.toggle(0)
    assert np.array_equal(next(drive.frames(1, 2)).tags, scene().tags)
    assert len(drive) == 3


class _Recorded(list):
    """A drive that is all there."""

    def __init__(self, meta, frames):
        super().__init__(frames)
        self.meta = meta

    def frames(self, start, stop):
        return iter(self[start:stop])


def test_a_lens_knows_its_mount_where_there_is_one():
    camera = CameraMeta("front", WIDTH, HEIGHT, 90.0, Placement(z_m=2.4, pitch_deg=-10))
    assert Lens.of(camera).eye_m == 2.4
    assert Lens.of(camera).horizon_px < HEIGHT / 2
    assert TypeAdapter(Edit).validate_python({"do": "widen", "by_m": 1}).name == "sidewalk"
