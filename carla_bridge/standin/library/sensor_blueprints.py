"""The sensors' blueprints as data: CARLA 0.9.16's ids, attributes and defaults."""

from carla_bridge.standin.library.attributes import BOOL, FLOAT, INT, STRING, Attribute


def _values(kind: int, **defaults: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, kind, value, (value,)) for name, value in defaults.items())


def _floats(**defaults: float) -> tuple[Attribute, ...]:
    return _values(FLOAT, **{name: str(value) for name, value in defaults.items()})


def _ints(**defaults: int) -> tuple[Attribute, ...]:
    return _values(INT, **{name: str(value) for name, value in defaults.items()})


_PLACES = ("front", "back", "left", "right", "front_left", "front_right", "back_left", "back_right")
_SENSOR = (Attribute("role_name", STRING, "front", _PLACES),)
_TICK = Attribute("sensor_tick", FLOAT, "0.0")
_SEED = Attribute("noise_seed", INT, "0")

LENS = (  # accepted for the sake of scripts; the stand-in's cameras are pinholes
    *_floats(lens_circle_falloff=5.0, lens_circle_multiplier=0.0, lens_k=-1.0, lens_kcube=0.0),
    *_floats(lens_x_size=0.08, lens_y_size=0.08),
)
FILM = (  # accepted as well; the plain shading has no film
    Attribute("enable_postprocess_effects", BOOL, "true"),
    Attribute("exposure_mode", STRING, "histogram", ("histogram", "manual"), True, True),
    Attribute("blur_radius", FLOAT, "0.0"),
    Attribute("blade_count", INT, "5"),
    *_floats(
        gamma=2.2,
        bloom_intensity=0.675,
        calibration_constant=16.0,
        chromatic_aberration_intensity=0.0,
        chromatic_aberration_offset=0.0,
        exposure_compensation=0.0,
        exposure_max_bright=12.0,
        exposure_min_bright=10.0,
        exposure_speed_down=1.0,
        exposure_speed_up=3.0,
        focal_distance=1000.0,
        blur_amount=1.0,
        fstop=1.4,
        iso=100.0,
        lens_flare_intensity=0.1,
        min_fstop=1.2,
        motion_blur_intensity=0.45,
        motion_blur_max_distortion=0.35,
        motion_blur_min_object_screen_size=0.1,
        shutter_speed=200.0,
        slope=0.88,
        toe=0.55,
        shoulder=0.26,
        black_clip=0.0,
        white_clip=0.04,
        temp=6500.0,
        tint=0.0,
    ),
)
_CAMERA = (
    *_SENSOR,
    *_ints(image_size_x=800, image_size_y=600),
    *_floats(fov=90.0),
    _TICK,
    *LENS,
)
_DVS = (
    *_floats(positive_threshold=0.3, negative_threshold=0.3),
    *_floats(sigma_positive_threshold=0.0, sigma_negative_threshold=0.0, log_eps=0.001),
    *_ints(refractory_period_ns=0),
    *_values(BOOL, use_log="true"),
    _SEED,
)
_RAYS = (
    *_SENSOR,
    *_ints(channels=32, points_per_second=56000),
    *_floats(range=10.0, rotation_frequency=10.0, upper_fov=10.0, lower_fov=-30.0, horizontal_fov=360.0),
    _TICK,
)
_LOSSES = (
    *_floats(atmosphere_attenuation_rate=0.004, noise_stddev=0.0),
    *_floats(dropoff_general_rate=0.45, dropoff_intensity_limit=0.8, dropoff_zero_intensity=0.4),
    _SEED,
)
_GNSS_NOISE = _floats(
    noise_alt_bias=0.0,
    noise_alt_stddev=0.0,
    noise_lat_bias=0.0,
    noise_lat_stddev=0.0,
    noise_lon_bias=0.0,
    noise_lon_stddev=0.0,
)
_IMU_NOISE = _floats(
    noise_accel_stddev_x=0.0,
    noise_accel_stddev_y=0.0,
    noise_accel_stddev_z=0.0,
    noise_gyro_bias_x=0.0,
    noise_gyro_bias_y=0.0,
    noise_gyro_bias_z=0.0,
    noise_gyro_stddev_x=0.0,
    noise_gyro_stddev_y=0.0,
    noise_gyro_stddev_z=0.0,
)
_OBSTACLE = (
    *_floats(distance=5.0, hit_radius=0.5),
    *_values(BOOL, only_dynamics="false", debug_linetrace="false"),
)
_RADAR = (
    *_floats(horizontal_fov=30.0, vertical_fov=30.0, range=100.0),
    *_ints(points_per_second=1500),
)

SENSORS: dict[str, tuple[Attribute, ...]] = {
    "sensor.camera.cosmos_visualization": _CAMERA,
    "sensor.camera.depth": _CAMERA,
    "sensor.camera.dvs": (*_CAMERA, *FILM, *_DVS),
    "sensor.camera.instance_segmentation": _CAMERA,
    "sensor.camera.normals": _CAMERA,
    "sensor.camera.optical_flow": _CAMERA,
    "sensor.camera.rgb": (*_CAMERA, *FILM),
    "sensor.camera.semantic_segmentation": _CAMERA,
    "sensor.lidar.ray_cast": (*_RAYS, *_LOSSES),
    "sensor.lidar.ray_cast_semantic": _RAYS,
    "sensor.other.collision": _SENSOR,
    "sensor.other.gnss": (*_SENSOR, _TICK, _SEED, *_GNSS_NOISE),
    "sensor.other.imu": (*_SENSOR, _TICK, _SEED, *_IMU_NOISE),
    "sensor.other.lane_invasion": _SENSOR,
    "sensor.other.obstacle": (*_SENSOR, _TICK, *_OBSTACLE),
    "sensor.other.radar": (*_SENSOR, _TICK, _SEED, *_RADAR),
}
