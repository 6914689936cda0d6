"""What the official client may do to a vehicle's tyres and orders: ice, brakes, triggers, control for one frame."""

import pytest

carla = pytest.importorskip("carla")


def spawn(world, **attributes):
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    for name, value in attributes.items():
        blueprint.set_attribute(name, value)
    vehicle = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    world.tick()
    return vehicle


def ticks(world, count):
    for _ in range(count):
        world.tick()


def with_friction(vehicle, friction):
    physics = vehicle.get_physics_control()
    physics.drag_coefficient, wheels = 0.0, physics.wheels
    for wheel in wheels:
        wheel.tire_friction = friction
    physics.wheels = wheels
    vehicle.apply_physics_control(physics)


def roll(vehicle, speed_mps):
    vehicle.set_target_velocity(vehicle.get_transform().get_forward_vector() * speed_mps)


@pytest.mark.parametrize(("friction", "left_mps"), [(0.0, 10.0), (0.1, 9.5), (3.5, 6.0)])
def test_a_vehicle_brakes_as_well_as_its_tyres_hold(world, friction, left_mps):
    vehicle = spawn(world)
    with_friction(vehicle, friction)
    vehicle.apply_control(carla.VehicleControl(brake=1.0))
    roll(vehicle, 10.0)
    ticks(world, 10)
    assert vehicle.get_velocity().length() == pytest.approx(left_mps, abs=0.5 if friction == 3.5 else 0.02)


def test_a_vehicle_without_gravity_rolls_on(world):
    vehicle = spawn(world)
    with_friction(vehicle, 3.5)
    vehicle.set_enable_gravity(False)
    vehicle.apply_control(carla.VehicleControl(brake=1.0))
    roll(vehicle, 10.0)
    ticks(world, 10)
    assert vehicle.get_velocity().length() == pytest.approx(10.0, abs=0.001)
    vehicle.set_enable_gravity(True)
    ticks(world, 10)
    assert vehicle.get_velocity().length() < 7.0


def test_tyres_have_the_friction_of_a_trigger_while_they_are_in_it(world):
    vehicle = spawn(world)
    start, ahead = vehicle.get_location(), vehicle.get_transform().get_forward_vector()
    blueprint = world.get_blueprint_library().find("static.trigger.friction")
    for name, value in {"friction": "0.5", "extent_x": "400", "extent_y": "400", "extent_z": "400"}.items():
        blueprint.set_attribute(name, value)
    trigger = world.spawn_actor(blueprint, carla.Transform(start + ahead * 10.0))

    def friction_at(metres):
        vehicle.set_location(start + ahead * metres)
        ticks(world, 2)
        return {wheel.tire_friction for wheel in vehicle.get_physics_control().wheels}

    assert [friction_at(metres) for metres in (5.0, 7.0, 13.0, 15.0)] == [{3.5}, {0.5}, {0.5}, {3.5}]
    assert friction_at(10.0) == {0.5}
    trigger.destroy()
    assert friction_at(10.0) == {3.5}


def test_orders_last_unless_control_is_not_sticky(world):
    def driven(sticky_control, *, repeated=False):
        vehicle = spawn(world, sticky_control=sticky_control)
        start = vehicle.get_location()
        for frame in range(20):
            if repeated or frame == 0:
                vehicle.apply_control(carla.VehicleControl(throttle=1.0))
            world.tick()
        told, metres = vehicle.get_control().throttle, vehicle.get_location().distance(start)
        vehicle.destroy()
        return told, metres

    for_long = driven("True")
    assert driven("False", repeated=True) == pytest.approx(for_long)
    told, metres = driven("False")
    assert (told, for_long[0]) == (0.0, 1.0)
    assert 0.0 < metres < 0.2 * for_long[1]
