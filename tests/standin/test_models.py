import numpy as np
import pytest

from carla_bridge.standin.bodies import models
from carla_bridge.standin.bodies.models import model_for, walking_mesh
from carla_bridge.standin.bodies.vehicles import GARAGE
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.library.blueprints import LIBRARY
from carla_bridge.standin.life.vehicle_physics import physics_of, placed

PEDESTRIAN, RIDER, CAR, TRUCK, BUS, MOTORCYCLE, BICYCLE, STATIC, DYNAMIC = 12, 13, 14, 15, 16, 18, 19, 20, 21
EXPECTED = {  # as CARLA sorts their meshes: its Truck folder has the vans, its Car folder the Cybertruck
    "vehicle.tesla.model3": {CAR},
    "vehicle.mini.cooper_s": {CAR},
    "vehicle.audi.tt": {CAR},
    "vehicle.nissan.patrol_2021": {CAR},
    "vehicle.tesla.cybertruck": {CAR},
    "vehicle.micro.microlino": {CAR},
    "vehicle.somebody.new": {CAR},
    "vehicle.ford.ambulance": {TRUCK},
    "vehicle.carlamotors.firetruck": {TRUCK},
    "vehicle.carlamotors.european_hgv": {TRUCK},
    "vehicle.carlamotors.carlacola": {TRUCK},
    "vehicle.mercedes.sprinter": {TRUCK},
    "vehicle.volkswagen.t2": {TRUCK},
    "vehicle.mitsubishi.fusorosa": {BUS},
    "vehicle.harley-davidson.low_rider": {MOTORCYCLE, RIDER},
    "vehicle.vespa.zx125": {MOTORCYCLE, RIDER},
    "vehicle.bh.crossbike": {BICYCLE, RIDER},
    "walker.pedestrian.0001": {PEDESTRIAN},
    "static.prop.trafficcone01": {DYNAMIC},
    "static.prop.vendingmachine": {STATIC},
}
SHAPED = [
    i for i in LIBRARY if i.startswith(("vehicle.", "walker.", "static.prop.")) and i != "static.prop.mesh"
]
VEHICLES = [i for i in SHAPED if i.startswith("vehicle.")]
MOST_TRIANGLES = {CAR: 350, TRUCK: 400, BUS: 400, MOTORCYCLE: 400, BICYCLE: 350, PEDESTRIAN: 180}


@pytest.mark.parametrize(("type_id", "tags"), EXPECTED.items())
def test_a_model_carries_its_class(type_id, tags):
    assert set(model_for(type_id, {}).mesh.tags.tolist()) == tags


def test_every_vehicle_of_the_library_has_a_shape_of_its_own_and_none_is_left_over():
    assert {i.removeprefix("vehicle.") for i in VEHICLES} == set(GARAGE)


@pytest.mark.parametrize("type_id", SHAPED)
def test_a_model_stands_on_the_ground_inside_its_box(type_id):
    model = model_for(type_id, {})
    points = model.mesh.triangles.reshape(-1, 3).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    if type_id.startswith("walker."):  # at least as deep as CARLA's capsule
        low[:2], high[:2] = np.minimum(low[:2], -0.1877), np.maximum(high[:2], 0.1877)
    np.testing.assert_allclose(low, np.subtract(model.centre, model.extent), atol=1e-5)
    np.testing.assert_allclose(high, np.add(model.centre, model.extent), atol=1e-5)
    assert abs(low[2]) < 0.03
    assert np.isfinite(points).all()


@pytest.mark.parametrize(
    "type_id", [i for i in VEHICLES if GARAGE[i.removeprefix("vehicle.")].motor.max_rpm == 300]
)
def test_a_cyclist_pedals_inside_the_box(type_id):
    model = model_for(type_id, {})
    for mesh in model.stride:
        points = mesh.triangles.reshape(-1, 3)
        assert (points >= np.subtract(model.centre, model.extent) - 0.03).all()
        assert (points <= np.add(model.centre, model.extent) + 0.03).all()


@pytest.mark.parametrize("type_id", VEHICLES)
def test_left_is_as_wide_as_right_and_the_wheels_are_inside(type_id):
    model = model_for(type_id, {})
    assert model.centre[1] == pytest.approx(0.0, abs=0.02)
    for wheel in model.wheels:
        assert abs(wheel.x) + wheel.radius < model.extent[0] + abs(model.centre[0]) + 0.01
        assert abs(wheel.y) < model.extent[1]
    xs = [wheel.x for wheel in model.wheels]
    assert max(xs) - min(xs) == pytest.approx(model.wheel_base_m)


@pytest.mark.parametrize("type_id", [i for i in SHAPED if not i.startswith("static.")])
def test_a_model_is_cheap_to_draw(type_id):
    mesh = model_for(type_id, {}).mesh
    tag = min(set(mesh.tags.tolist()) - {RIDER})
    assert len(mesh) <= MOST_TRIANGLES[tag]


def test_a_model_has_no_triangle_without_area():
    for type_id in VEHICLES:
        corners = model_for(type_id, {}).mesh.triangles.astype(np.float64)
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        assert (area < 1e-9).mean() < 0.02, type_id


@pytest.mark.parametrize(
    ("type_id", "length", "height"),
    [
        ("vehicle.tesla.model3", 4.69, 1.44),
        ("vehicle.mini.cooper_s", 3.80, 1.42),
        ("vehicle.volkswagen.t2", 4.48, 1.99),
        ("vehicle.carlamotors.carlacola", 5.20, 2.47),
        ("vehicle.mercedes.sprinter", 5.92, 2.55),
        ("vehicle.ford.ambulance", 6.36, 2.76),
        ("vehicle.carlamotors.european_hgv", 7.94, 3.46),
        ("vehicle.carlamotors.firetruck", 8.47, 3.55),
        ("vehicle.mitsubishi.fusorosa", 10.27, 3.30),
        ("vehicle.bh.crossbike", 1.76, 1.80),
    ],
)
def test_sizes_are_those_of_the_street(type_id, length, height):
    extent = model_for(type_id, {}).extent
    assert 2 * extent[0] == pytest.approx(length, abs=0.05)
    assert 2 * extent[2] == pytest.approx(height, abs=0.06)


def test_people_are_as_tall_as_people():
    tall = {i: 2 * model_for(i, {}).extent[2] for i in SHAPED if i.startswith("walker.")}
    age = {i: next(a.value for a in LIBRARY[i].attributes if a.id == "age") for i in tall}
    assert all(1.05 < tall[i] < 1.35 for i in tall if age[i] == "child")
    assert all(1.55 < tall[i] < 1.95 for i in tall if age[i] == "adult")
    assert len({model_for(i, {}).mesh.triangles.tobytes() for i in tall}) > 40  # hardly two look the same


def test_one_sees_through_beneath_a_lorry_and_through_a_bicycle():
    """Rays from the side at axle height: between the axles of a lorry, and through a front wheel."""
    assert not _hit("vehicle.carlamotors.european_hgv", x=1.9, z=0.30)
    assert _hit("vehicle.carlamotors.european_hgv", x=1.9, z=2.0)
    bicycle = model_for("vehicle.bh.crossbike", {})
    assert not _hit("vehicle.bh.crossbike", x=bicycle.wheels[0].x + 0.08, z=bicycle.wheels[0].radius + 0.18)
    assert not _hit("vehicle.tesla.model3", x=0.0, z=0.1)


@pytest.mark.parametrize("type_id", [i for i in VEHICLES if model_for(i, {}).mesh.tags[0] in (CAR, BUS)])
def test_a_body_has_no_holes_seen_from_the_side_but_room_beneath(type_id):
    body = GARAGE[type_id.removeprefix("vehicle.")].body
    for x in np.linspace(-0.45, 0.45, 19) * body.length + 0.003:
        if min(abs(x - axle) for axle in body.axles) > 1.3 * body.wheel_radius:
            assert _hit(type_id, x=x, z=min(body.deck) - 0.06)
    assert not _hit(type_id, x=0.003, z=0.09)


def _hit(type_id, *, x, z):
    flat = model_for(type_id, {}).mesh.triangles[:, :, [0, 2]].astype(np.float64) - (x, z)
    a, b, c = flat[:, 0], flat[:, 1], flat[:, 2]
    sides = [p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] for p, q in ((a, b), (b, c), (c, a))]
    return bool(((np.array(sides) > 1e-9).all(axis=0) | (np.array(sides) < -1e-9).all(axis=0)).any())


def test_a_car_is_painted_as_asked():
    painted = model_for("vehicle.tesla.model3", {"color": "10,200,30"}).mesh.colors_rgb
    assert (painted == (10, 200, 30)).all(axis=1).sum() > 10


def test_a_color_nobody_can_read_is_no_error():
    assert model_for("vehicle.tesla.model3", {"color": "red"}) is not None


@pytest.mark.parametrize(
    "type_id",
    [
        "sensor.camera.rgb",
        "controller.ai.walker",
        "static.prop.nothing",
        "static.trigger.friction",
        "vehicles",
    ],
)
def test_other_blueprints_have_no_model(type_id):
    assert model_for(type_id, {}) is None


def test_a_prop_given_as_a_mesh_is_the_vehicle_that_its_path_names():
    path = "/Game/Carla/Static/Car/4Wheeled/ParkedVehicles/NissanPatrol2021/SM_NissanPatrol2021_parked"
    parked = model_for("static.prop.mesh", {"mesh_path": path})
    assert parked.extent == model_for("vehicle.nissan.patrol_2021", {}).extent
    assert model_for("static.prop.mesh", {"mesh_path": ""}) is None


def test_a_walkers_legs_move_and_come_back():
    walker = model_for("walker.pedestrian.0016", {})
    ahead, back = walking_mesh(walker, 0.25), walking_mesh(walker, 0.75)
    assert np.ptp(ahead.triangles[:, :, 0]) > np.ptp(walker.mesh.triangles[:, :, 0]) + 0.3
    assert ahead.triangles.tobytes() != back.triangles.tobytes()
    assert walking_mesh(walker, 1.0) is walking_mesh(walker, 0.0)
    for mesh in walker.stride:
        assert mesh.triangles[:, :, 2].min() == pytest.approx(0.0, abs=1e-6)  # always one foot on the ground


def test_one_step_is_the_other_seen_in_a_mirror():
    walker = model_for("walker.pedestrian.0002", {})
    right, left = (
        np.sort(walking_mesh(walker, at).triangles.reshape(-1, 3)[:, [0, 2]], axis=0) for at in (0.25, 0.75)
    )
    np.testing.assert_allclose(right, left, atol=1e-3)


def test_a_riders_hands_and_feet_are_where_they_belong():
    for type_id in ("vehicle.bh.crossbike", "vehicle.vespa.zx125"):
        model, cycle = model_for(type_id, {}), GARAGE[type_id.removeprefix("vehicle.")].cycle
        points = model.mesh.triangles[model.mesh.tags == RIDER].reshape(-1, 3)
        hands = np.linalg.norm(points[:, [0, 2]] - cycle.grip, axis=1).min()
        assert hands < 0.12
        assert 0.0 < points[:, 2].min() < cycle.crank[1] + 0.05


def test_a_cyclist_pedals():
    turn = model_for("vehicle.gazelle.omafiets", {}).stride
    assert len({mesh.triangles.tobytes() for mesh in turn}) == len(turn) > 4


def test_a_car_does_not_walk():
    car = model_for("vehicle.tesla.model3", {})
    assert walking_mesh(car, 0.3) is car.mesh


@pytest.mark.parametrize("type_id", VEHICLES)
def test_physics_are_those_of_the_vehicle(type_id):
    model = model_for(type_id, {})
    physics = physics_of(model)
    assert len(physics.wheels) == 4  # two-wheelers too: CARLA's physics count theirs twice
    assert physics.wheels[0].max_steer_angle > 30.0
    assert physics.wheels[-1].max_steer_angle == 0.0
    assert 70.0 < physics.mass < 20_000.0
    assert physics.torque_curve[-1].x == physics.max_rpm
    apart_cm = physics.wheels[0].position.x - physics.wheels[-1].position.x
    assert apart_cm == pytest.approx(100.0 * model.wheel_base_m, rel=1e-6)
    assert physics.wheels[0].position.z == pytest.approx(physics.wheels[0].radius, abs=0.1)


def test_wheels_are_told_where_they_are_in_the_world():
    model = model_for("vehicle.tesla.model3", {})
    there = placed(physics_of(model), model.wheels, Pose(x=10.0, y=20.0, z=1.0, yaw=90.0))
    left, right, *_ = there.wheels
    assert left.position.y == pytest.approx(100.0 * (20.0 + model.wheels[0].x), rel=1e-6)
    assert left.position.x > 1000.0 > right.position.x  # heading +y, the left wheel has the greater x
    assert left.position.z == pytest.approx(100.0 * (1.0 + model.wheels[0].radius), rel=1e-6)


def test_who_uses_a_wheelchair_sits_in_one_if_the_blueprint_lets_them():
    seated = model_for("walker.pedestrian.0028", {"use_wheelchair": "True"})
    assert set(seated.mesh.tags.tolist()) == {PEDESTRIAN, DYNAMIC}
    assert 1.2 < 2 * seated.extent[2] < 1.5
    child = model_for("walker.pedestrian.0009", {"use_wheelchair": "true"})
    assert set(child.mesh.tags.tolist()) == {PEDESTRIAN}


def test_the_same_blueprint_always_gives_the_same_bytes():
    for type_id in (
        "vehicle.bmw.grandtourer",
        "vehicle.kawasaki.ninja",
        "walker.pedestrian.0037",
        "static.prop.trashbag",
    ):
        first = model_for(type_id, {})
        for build in (models._vehicle, models._walker, models._prop):
            build.cache_clear()
        again = model_for(type_id, {})
        assert again is not first
        assert again.mesh.triangles.tobytes() == first.mesh.triangles.tobytes()
        assert again.mesh.colors_rgb.tobytes() == first.mesh.colors_rgb.tobytes()
