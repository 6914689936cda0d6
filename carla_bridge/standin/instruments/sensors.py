"""Which instrument each sensor measures with, whose turn it is at a frame, and what is sent."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from carla_bridge.standin.instruments.cameras import Camera, EventCamera, FlowCamera
from carla_bridge.standin.instruments.gbuffers import GBuffers, Texture, stream_of
from carla_bridge.standin.instruments.images import CAMERAS
from carla_bridge.standin.instruments.inertial import CollisionDetector, Gnss, Imu
from carla_bridge.standin.instruments.lidar import Lidar, SemanticLidar
from carla_bridge.standin.instruments.ranging import ObstacleDetector, Radar
from carla_bridge.standin.instruments.scene import Scene, Station
from carla_bridge.standin.library.sensor_blueprints import FILM, LENS
from carla_bridge.standin.life.actors import Actor, Sensor, number
from carla_bridge.standin.protocol.payloads import Payload

log = logging.getLogger(__name__)

Shot = Callable[[Scene], list[tuple[int, Payload]]]  # stream and message
UNMODELLED = tuple(attribute for attribute in (*LENS, *FILM) if attribute.id != "enable_postprocess_effects")


class Instrument(Protocol):
    """What one sensor measures with; it may remember what it saw before."""

    def measure(self, own: Station, scene: Scene) -> list[Payload]:
        """Return the messages of a frame."""


def instrument_for(type_id: str, attributes: dict[str, str]) -> Instrument:
    """Return a new instrument of a sensor's kind."""
    if type_id in CAMERAS:
        return Camera(type_id, attributes)
    if type_id == "sensor.other.collision":
        return CollisionDetector()
    return _KINDS[type_id](attributes)


_KINDS: dict[str, Callable[[dict[str, str]], Instrument]] = {
    "sensor.camera.dvs": EventCamera,
    "sensor.camera.optical_flow": FlowCamera,
    "sensor.lidar.ray_cast": Lidar,
    "sensor.lidar.ray_cast_semantic": SemanticLidar,
    "sensor.other.gnss": Gnss,
    "sensor.other.imu": Imu,
    "sensor.other.obstacle": ObstacleDetector,
    "sensor.other.radar": Radar,
}


class Instruments:
    """The instruments of all sensors that somebody listens to; whoever is not listened to forgets."""

    def __init__(self) -> None:
        self._of: dict[int, Instrument] = {}  # by the sensor's id
        self._buffers: dict[int, GBuffers] = {}
        self._told: set[tuple[str, str]] = set()
        self.buffered: set[int] = set()  # cameras whose g-buffers are enabled

    def shots(
        self,
        actors: Iterable[Actor],
        now_s: float,
        is_listened_to: Callable[[int], bool],
        *,
        rendering: bool,
    ) -> list[Shot]:
        """Return what is to be measured at a frame, the quick things first; each shot is of how things are now."""
        quick: list[Shot] = []
        slow: list[Shot] = []
        heard: set[int] = set()
        for sensor in [a for a in actors if isinstance(a, Sensor) and a.stream_id]:
            is_camera = sensor.type_id.startswith("sensor.camera.")
            plain, buffers = is_listened_to(sensor.stream_id), self._wanted(sensor, is_listened_to)
            if not plain and not buffers:
                sensor.due_s = None
                continue
            heard.add(sensor.id)
            if (is_camera and not rendering) or not sensor.is_due(now_s):
                continue
            shots, own = slow if is_camera or "lidar" in sensor.type_id else quick, Station.of(sensor)
            if plain:
                shots.append(partial(_take, self._instrument(sensor), own))
            if buffers:
                camera = self._buffers.setdefault(sensor.id, GBuffers(sensor.attributes))
                shots.append(partial(camera.measure, own, wanted=buffers))
        self._forget(heard)
        return quick + slow

    def _instrument(self, sensor: Sensor) -> Instrument:
        if sensor.id not in self._of:
            self._of[sensor.id] = instrument_for(sensor.type_id, sensor.attributes)
            self._tell_of_the_unmodelled(sensor)
        return self._of[sensor.id]

    def _wanted(self, sensor: Sensor, is_listened_to: Callable[[int], bool]) -> list[Texture]:
        if sensor.id not in self.buffered:
            return []
        return [each for each in Texture if is_listened_to(stream_of(sensor.stream_id, each))]

    def _forget(self, heard: set[int]) -> None:
        self._of = {key: value for key, value in self._of.items() if key in heard}
        self._buffers = {key: value for key, value in self._buffers.items() if key in heard}

    def _tell_of_the_unmodelled(self, sensor: Sensor) -> None:
        """Say once per kind of sensor that an attribute which somebody changed has no effect."""
        given = sensor.attributes
        changed = [
            attribute.id
            for attribute in UNMODELLED
            if attribute.id in given and _differs(given, attribute.id, attribute.value)
        ]
        news = [name for name in changed if (sensor.type_id, name) not in self._told]
        if news:
            self._told.update((sensor.type_id, name) for name in news)
            log.info("%s: %s without effect, the stand-in doesn't model it", sensor.type_id, ", ".join(news))


def _take(instrument: Instrument, own: Station, scene: Scene) -> list[tuple[int, Payload]]:
    return [(own.sensor.stream_id, message) for message in instrument.measure(own, scene)]


def _differs(given: dict[str, str], name: str, default: str) -> bool:
    try:
        return number(given, name, 0.0) != float(default)
    except ValueError:
        return given[name] != default
