"""What the official client asks of vehicles and walkers beside driving: instruments, doors, bones, pushes."""

import queue

import pytest

carla = pytest.importorskip("carla")


@pytest.fixture
def vehicle(world):
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    vehicle = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    world.tick()
    return vehicle


@pytest.fixture
def walker(world):
    blueprint = world.get_blueprint_library().find("walker.pedestrian.0001")
    walker = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=500.0, z=1.0)))
    world.tick()
    return walker


def ticks(world, count):
    for _ in range(count):
        world.tick()


def test_the_instruments_show_how_the_vehicle_drives(world, vehicle):
    vehicle.apply_control(carla.VehicleControl(throttle=1.0, steer=0.1))
    ticks(world, 40)
    shown = vehicle.get_telemetry_data()
    assert shown.speed == pytest.approx(vehicle.get_velocity().length(), abs=0.1)
    assert (shown.throttle, shown.steer) == pytest.approx((1.0, 0.1))
    assert shown.gear == vehicle.get_control().gear > 1
    assert shown.engine_rpm > 1000.0
    assert len(shown.wheels) == 4
    assert shown.wheels[0].omega * 0.35 == pytest.approx(shown.speed, rel=0.2)
    front, back = (
        vehicle.get_wheel_steer_angle(wheel)
        for wheel in (carla.VehicleWheelLocation.FL_Wheel, carla.VehicleWheelLocation.BR_Wheel)
    )
    assert 2.0 < front < 7.0
    assert back == 0.0


def test_a_heavier_vehicle_gets_going_more_slowly(world, vehicle):
    def speed_after_a_second():
        vehicle.set_target_velocity(carla.Vector3D())
        vehicle.apply_control(carla.VehicleControl(throttle=1.0))
        ticks(world, 20)
        return vehicle.get_velocity().length()

    light = speed_after_a_second()
    physics = vehicle.get_physics_control()
    physics.mass *= 2.0
    vehicle.apply_physics_control(physics)
    assert speed_after_a_second() < 0.7 * light


def test_the_gear_box_has_reverse_and_neutral(world, vehicle):
    vehicle.apply_control(carla.VehicleControl(throttle=1.0, manual_gear_shift=True, gear=0))
    ticks(world, 20)
    assert vehicle.get_velocity().length() < 0.1
    vehicle.apply_control(carla.VehicleControl(throttle=1.0, manual_gear_shift=True, gear=-1))
    ticks(world, 20)
    ahead = vehicle.get_transform().get_forward_vector()
    assert vehicle.get_velocity().dot(ahead) < -2.0
    assert vehicle.get_control().gear == -1


def test_an_impulse_moves_a_vehicle_by_its_mass(world, vehicle):
    ahead, mass = vehicle.get_transform().get_forward_vector(), vehicle.get_physics_control().mass
    vehicle.add_impulse(ahead * (mass * 5.0))
    world.tick()
    assert vehicle.get_velocity().dot(ahead) == pytest.approx(5.0, abs=0.2)


def test_doors_open_and_what_is_not_there_is_refused_in_a_sentence(world, vehicle):
    vehicle.open_door(carla.VehicleDoor.All)
    vehicle.close_door(carla.VehicleDoor.FL)
    assert vehicle.get_component_names() == ["VehicleMesh"]
    assert vehicle.get_component_world_transform("VehicleMesh").location == vehicle.get_location()
    assert len(vehicle.get_bone_world_transforms()) == len(vehicle.get_bone_names()) == 5
    assert len(vehicle.get_vehicle_bone_world_transforms()) == 5
    assert vehicle.get_socket_names() == []
    with pytest.raises(RuntimeError, match="has no component 'Wing'; it has VehicleMesh"):
        vehicle.get_component_world_transform("Wing")


def test_a_walker_has_bones_that_can_be_posed(world, walker):
    def hand():
        return {bone.name: bone for bone in walker.get_bones().bone_transforms}["crl_hand__R"]

    hanging = hand()
    assert hanging.world.location.distance(walker.get_location()) < 2.0
    up = carla.Transform(carla.Location(z=0.5), carla.Rotation(pitch=90.0))
    walker.set_bones(carla.WalkerBoneControlIn([("crl_foreArm__R", up)]))
    assert hand().component.location == hanging.component.location
    walker.show_pose()
    world.tick()
    assert hand().component.location.z > hanging.component.location.z + 0.3
    walker.hide_pose()
    world.tick()
    assert hand().component.location == hanging.component.location


def test_a_walker_jumps_and_comes_down_again(world, walker):
    ground = walker.get_location().z
    walker.apply_control(carla.WalkerControl(jump=True))
    ticks(world, 4)
    walker.apply_control(carla.WalkerControl())
    assert walker.get_location().z > ground + 0.4
    ticks(world, 20)
    assert walker.get_location().z == pytest.approx(ground)


def test_the_gravity_that_an_imu_feels_can_be_set(world, vehicle):
    imu = world.spawn_actor(
        world.get_blueprint_library().find("sensor.other.imu"), carla.Transform(), attach_to=vehicle
    )
    readings = queue.Queue()
    imu.listen(readings.put)
    world.set_imui_sensor_gravity(1.62)
    frame = world.tick()
    while (reading := readings.get(timeout=10.0)).frame < frame:
        pass
    assert world.get_imui_sensor_gravity() == pytest.approx(1.62)
    assert reading.accelerometer.z == pytest.approx(1.62, abs=0.1)
    imu.destroy()
