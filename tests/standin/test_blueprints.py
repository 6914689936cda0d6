"""The library as users ask it: by the real client, with the filters that CARLA's own scripts write."""

from fnmatch import fnmatch

import pytest

from carla_bridge.standin.library.blueprint_props import PROPS
from carla_bridge.standin.library.blueprints import BOOL, COLOR, FLOAT, INT, LIBRARY
from carla_bridge.standin.life.world import describe


def _value(type_id, attribute):
    return next(each for each in LIBRARY[type_id].attributes if each.id == attribute).value


def _find(pattern):
    return [type_id for type_id in LIBRARY if fnmatch(type_id, pattern)]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("vehicle.*", 41), ("walker.pedestrian.*", 52), ("static.prop.*", 96), ("*model3*", 1), ("*mkz*", 2)],
)
def test_the_library_is_as_large_as_that_of_the_release(pattern, count):
    assert len(_find(pattern)) == count


@pytest.mark.parametrize(
    ("base_type", "some"),
    [
        ("car", {"vehicle.tesla.model3", "vehicle.dodge.charger_police_2020", "vehicle.micro.microlino"}),
        ("van", {"vehicle.mercedes.sprinter", "vehicle.ford.ambulance", "vehicle.volkswagen.t2_2021"}),
        ("truck", {"vehicle.carlamotors.european_hgv", "vehicle.carlamotors.carlacola"}),
        ("bus", {"vehicle.mitsubishi.fusorosa"}),
        ("motorcycle", {"vehicle.vespa.zx125", "vehicle.yamaha.yzf"}),
        ("bicycle", {"vehicle.bh.crossbike", "vehicle.gazelle.omafiets", "vehicle.diamondback.century"}),
    ],
)
def test_vehicles_are_found_by_their_base_type(base_type, some):
    assert some <= {i for i in _find("vehicle.*") if _value(i, "base_type") == base_type}


def test_vehicles_are_found_by_what_they_are_for():
    special = {i: _value(i, "special_type") for i in _find("vehicle.*")}
    assert special["vehicle.ford.crown"] == "taxi"
    assert special["vehicle.carlamotors.firetruck"] == special["vehicle.ford.ambulance"] == "emergency"
    assert special["vehicle.tesla.cybertruck"] == "electric"
    assert special["vehicle.audi.a2"] == ""


def test_traffic_with_lights_and_doors_can_be_had():
    plain = [
        i for i in _find("vehicle.*") if (_value(i, "base_type"), _value(i, "special_type")) == ("car", "")
    ]
    lit = {i for i in plain if _value(i, "has_lights") == "true"}
    assert {"vehicle.lincoln.mkz_2020", "vehicle.audi.tt", "vehicle.ford.mustang"} <= lit
    assert "vehicle.audi.a2" not in lit
    assert "vehicle.dodge.charger_2020" in {i for i in plain if _value(i, "has_dynamic_doors") == "true"}
    assert _value("vehicle.mitsubishi.fusorosa", "has_dynamic_doors") == "false"


@pytest.mark.parametrize("pattern", ["vehicle.*", "walker.pedestrian.*"])
def test_each_generation_that_scripts_ask_for_has_somebody(pattern):
    generations = {_value(i, "generation") for i in _find(pattern)}
    assert {"1", "2"} <= generations <= {"1", "2", "3"}


def test_what_has_two_wheels_has_a_driver():
    for type_id in _find("vehicle.*"):
        two = _value(type_id, "number_of_wheels") == "2"
        drivers = [a for a in LIBRARY[type_id].attributes if a.id == "driver_id"]
        assert two <= bool(drivers), type_id
        assert two == (_value(type_id, "base_type") in ("bicycle", "motorcycle"))


def test_every_value_can_be_read_as_its_type():
    for blueprint in LIBRARY.values():
        for attribute in blueprint.attributes:
            for text in {attribute.value, *attribute.recommended} - {""}:
                if attribute.type == BOOL:
                    assert text in ("true", "false")
                elif attribute.type == INT:
                    int(text)
                elif attribute.type == FLOAT:
                    float(text)
                elif attribute.type == COLOR:
                    assert all(0 <= int(part) <= 255 for part in text.split(","))


def test_ids_and_attributes_are_there_once_and_tags_are_the_ids_parts():
    assert len({blueprint.uid for blueprint in LIBRARY.values()}) == len(LIBRARY)
    for type_id, blueprint in LIBRARY.items():
        assert blueprint.id == type_id == type_id.lower()
        assert blueprint.tags.split(",") == type_id.split(".")
        names = [attribute.id for attribute in blueprint.attributes]
        assert len(set(names)) == len(names)


def test_who_cannot_sit_in_a_wheelchair_is_not_asked_to():
    sits = {i: _value(i, "can_use_wheelchair") for i in _find("walker.*")}
    for type_id, can in sits.items():
        choices = next(a for a in LIBRARY[type_id].attributes if a.id == "use_wheelchair").recommended
        assert choices == (("false", "true") if can == "true" else ("false",))
    assert sits["walker.pedestrian.0028"] == "true"
    assert sits["walker.pedestrian.0009"] == sits["walker.pedestrian.0030"] == "false"


def test_a_prop_knows_its_size_in_words():
    assert PROPS["colacan"].size == "tiny"
    assert PROPS["trashcan01"].size == "small"
    assert PROPS["bench02"].size == "medium"
    assert PROPS["fountain"].size == "huge"


def test_an_actor_described_has_all_attributes_and_what_was_asked():
    values = {a.id: a.value for a in describe("vehicle.tesla.model3", color="1,2,3").attributes}
    assert values["color"] == "1,2,3"
    assert values["role_name"] == "autopilot"
    assert values["base_type"] == "car"


def test_the_clients_filters_find_what_scripts_look_for(world):
    library = world.get_blueprint_library()
    assert {b.id for b in library} == set(LIBRARY)
    assert len(library.filter("vehicle.*")) == len(_find("vehicle.*"))
    assert [b.id for b in library.filter("*model3*")] == ["vehicle.tesla.model3"]
    cars = library.filter("vehicle.*").filter_by_attribute("base_type", "car")
    assert 20 < len(cars) < 41
    assert all(int(b.get_attribute("number_of_wheels")) == 4 for b in cars)
    second = [b for b in library.filter("vehicle.*") if int(b.get_attribute("generation")) == 2]
    assert "vehicle.lincoln.mkz_2020" in {b.id for b in second}
    assert library.find("vehicle.ford.mustang").get_attribute("color").recommended_values
    walker = library.find("walker.pedestrian.0001")
    assert len(walker.get_attribute("speed").recommended_values) == 3
    walker.set_attribute("is_invincible", "false")
    walker.set_attribute("use_wheelchair", "true")
    with pytest.raises(ValueError, match="read-only"):
        walker.set_attribute("age", "child")
    bike = library.find("vehicle.bh.crossbike").get_attribute("driver_id")
    assert set(bike.recommended_values) == {"2", "3", "7", "8"}


def test_props_stand_where_they_were_put_and_are_told_apart(world):
    carla = pytest.importorskip("carla")
    library = world.get_blueprint_library()
    where = carla.Transform(carla.Location(x=700.0, y=20.0, z=0.3), carla.Rotation(yaw=30.0))
    cone = world.spawn_actor(library.find("static.prop.trafficcone01"), where)
    assert list(cone.semantic_tags) == [21]
    assert cone.bounding_box.extent.z == pytest.approx(1.13 / 2, abs=1e-3)
    assert cone.bounding_box.location.z == pytest.approx(1.13 / 2, abs=1e-3)
    world.tick()
    assert cone.get_location().distance(where.location) < 1e-3
    assert world.try_spawn_actor(library.find("static.prop.ironplank"), where)  # props may touch each other
    with pytest.raises(RuntimeError, match="collision at spawn position"):
        world.spawn_actor(library.find("walker.pedestrian.0001"), where)


def test_physics_are_told_per_vehicle_and_in_the_world(world):
    carla = pytest.importorskip("carla")
    library = world.get_blueprint_library()
    where = carla.Transform(carla.Location(x=700.0, y=60.0))
    masses = {}
    for number, name in enumerate(("tesla.model3", "carlamotors.firetruck", "vespa.zx125")):
        where.location.y += 20.0 * number
        vehicle = world.spawn_actor(library.find(f"vehicle.{name}"), where)
        world.tick()
        physics = vehicle.get_physics_control()
        masses[name] = physics.mass
        front, rear = physics.wheels[0].position, physics.wheels[-1].position
        middle = carla.Location(x=(front.x + rear.x) / 200.0, y=(front.y + rear.y) / 200.0)
        assert middle.distance_2d(vehicle.get_location()) < 2.5
        vehicle.apply_physics_control(physics)
    assert masses["vespa.zx125"] < masses["tesla.model3"] < masses["carlamotors.firetruck"]
