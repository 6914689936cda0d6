"""Fixed things through the official client: boxes, hiding them from the cameras, street lights."""

import queue

import numpy as np
import pytest

carla = pytest.importorskip("carla")

BUILDINGS, VEGETATION, TRAFFIC_LIGHT = 3, 9, 7


@pytest.fixture
def sight(world):
    """What share of a camera's view a tag has, over the first spawn point."""
    blueprint = world.get_blueprint_library().find("sensor.camera.semantic_segmentation")
    blueprint.set_attribute("image_size_x", "160")
    blueprint.set_attribute("image_size_y", "90")
    place = world.get_map().get_spawn_points()[0]
    place.location.z += 40.0
    place.rotation.pitch = -30.0
    camera = world.spawn_actor(blueprint, place)
    images = queue.Queue()
    camera.listen(images.put)

    def share(tag):
        frame = world.tick()
        while (image := images.get(timeout=10.0)).frame < frame:
            pass
        tags = np.frombuffer(image.raw_data, np.uint8).reshape(90, 160, 4)[..., 2]
        return float((tags == tag).mean())

    yield share
    camera.destroy()


def test_an_unloaded_layer_is_out_of_sight_until_it_is_loaded_again(world, sight):
    houses, leaves = sight(BUILDINGS), sight(VEGETATION)
    assert min(houses, leaves) > 0.01
    world.unload_map_layer(carla.MapLayer.Buildings)
    assert sight(BUILDINGS) == 0.0
    assert sight(VEGETATION) > 0.0
    world.load_map_layer(carla.MapLayer.Buildings)
    assert sight(BUILDINGS) == houses


def test_disabled_objects_are_out_of_sight_until_they_are_enabled_again(world, sight):
    houses = world.get_environment_objects(carla.CityObjectLabel.Buildings)
    assert len(houses) > 5
    before = sight(BUILDINGS)
    world.enable_environment_objects({house.id for house in houses}, False)
    assert sight(BUILDINGS) < before / 4  # parts of other things may have the tag
    world.enable_environment_objects({house.id for house in houses}, True)
    assert sight(BUILDINGS) == before


def test_boxes_of_buildings_stand_upright_round_their_place(world):
    boxes = world.get_level_bbs(carla.CityObjectLabel.Buildings)
    assert len(boxes) >= len(world.get_environment_objects(carla.CityObjectLabel.Buildings))
    assert all(box.extent.z > 0.5 for box in boxes[:20])
    assert len({round(box.rotation.yaw) for box in boxes}) > 2  # turned as the streets are


def test_the_boxes_of_a_traffic_light_are_above_its_foot(world):
    light = world.get_actors().filter("traffic.traffic_light")[0]
    (box,) = light.get_light_boxes()
    assert 2.0 < box.location.z - light.get_location().z < 8.0
    assert box.extent.z < 2.0


def test_street_lights_can_be_read_and_switched(world):
    manager = world.get_lightmanager()
    world.tick()
    lamps = manager.get_all_lights(carla.LightGroup.Street)
    assert len(lamps) > 10
    manager.turn_off(lamps[:1])
    world.tick()
    assert not manager.is_active(lamps[:1])[0]
    assert manager.is_active(lamps[1:2])[0]


def test_a_texture_is_refused_in_one_sentence(world):
    names = world.get_names_of_all_objects()
    texture = carla.TextureColor(2, 2)
    with pytest.raises(RuntimeError, match=f"has no textures, so {names[0]} keeps its plain colours"):
        world.apply_color_texture_to_object(names[0], carla.MaterialParameter.Diffuse, texture)
