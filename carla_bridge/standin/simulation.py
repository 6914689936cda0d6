"""The world in time: who ticks it, what is sent at each frame, and which map is loaded."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from carla_bridge.standin.errors import MapError, WorldError
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.instruments.scene import Scene, capture
from carla_bridge.standin.instruments.sensors import Instruments, Shot
from carla_bridge.standin.life.actors import Actor
from carla_bridge.standin.life.stage import ALL_LAYERS, Stage
from carla_bridge.standin.life.world import WORLD_STREAM, World
from carla_bridge.standin.navigation import Navigation
from carla_bridge.standin.protocol.payloads import MAP_CHANGED, world_state
from carla_bridge.standin.protocol.schema import ActorDescription, EpisodeSettings
from carla_bridge.standin.protocol.streams import Streams
from carla_bridge.standin.recorder_logs.deck import Deck
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.streetscape.atlas import Atlas, Place
from carla_bridge.standin.streetscape.scenery_store import tree_once
from carla_bridge.standin.warm_up import warm_up

log = logging.getLogger(__name__)

FREE_RUNNING_HZ = 20.0
SLOW_READER_S = 1.0  # once; then it loses frames in place of everybody's time
LONGEST_STEP_S = 10.0
EYES = min(4, os.cpu_count() or 1)  # threads that draw; the pictures are the same whatever their number


class Simulation:
    """Owns the current episode and its clock; `lock` guards the world between frames."""

    def __init__(
        self,
        streams: Streams,
        *,
        seed: int,
        vehicles: int,
        walkers: int,
        settings: EpisodeSettings,
        recordings: Path | None = None,
        maps: Sequence[Path] = (),
    ) -> None:
        self.atlas = Atlas(seed=seed, files=maps)
        self.streams, self.settings = streams, _checked(settings)
        self.lock = threading.RLock()
        self.before_spawn: Callable[[str], None] = lambda blueprint_id: None  # raises what a spawn fails with
        self._tick_lock = threading.Lock()
        self._ambient = {"vehicles": vehicles, "walkers": walkers}
        self._place, self._episode_id = self.atlas.first, 0
        self.world: World
        self.renderer: Renderer
        self.instruments: Instruments
        self.stage: Stage
        self._eyes = ThreadPoolExecutor(EYES, thread_name_prefix="standin-eye")
        self.navigation = Navigation()
        self.traffic_managers: dict[int, str] = {}  # port → host; they live in the clients
        self.deck = Deck(recordings)
        self._last_step_s = time.monotonic()
        self.load(self._place)
        warm_up()
        self._running = threading.Event()
        self._closing = threading.Event()
        self._set_running()
        self._clock = threading.Thread(target=self._run_freely, name="standin-clock", daemon=True)
        self._clock.start()

    def close(self) -> None:
        """Stop the clock."""
        self._closing.set()
        self._running.set()
        self._clock.join()
        self._eyes.shutdown()
        self.deck.stop()

    def tick(self) -> int:
        """Answer a client's tick: one step in synchronous mode, else the number of the frame that comes next."""
        with self._tick_lock:
            if self.settings.synchronous_mode:
                self.streams.wait_until_ready(SLOW_READER_S)
                self._step()
                return self.world.moment.frame
        return self.world.moment.frame + 1

    def spawn(self, description: ActorDescription, pose: Pose, parent: Actor | None = None) -> Actor:
        """Add an actor for a client, unless whoever watches over spawns objects."""
        self.before_spawn(description.id)
        return self.world.spawn(description, pose, parent)

    def apply_settings(self, settings: EpisodeSettings) -> int:
        """Change how the clock runs and return the current frame, which everybody has."""
        settings = _checked(settings)
        with self._tick_lock:
            self.settings = settings
            self._set_running()
            return self.world.moment.frame

    def load_by_name(self, name: str, *, reset_settings: bool, layers: int = ALL_LAYERS) -> None:
        """Begin a new episode on the named map; an empty name stands for the present one."""
        place = self.atlas.find(name) if name else self._place
        if place is None:
            raise WorldError(f"Map '{name}' not found")
        with self._tick_lock:
            try:
                self.load(place, layers)
            except MapError as error:
                raise WorldError(f"Map '{name}' cannot be built: {error}") from None
            if reset_settings:
                self.settings = EpisodeSettings()
                self._set_running()

    def load(self, place: Place, layers: int = ALL_LAYERS) -> None:
        """Build the town and begin a new episode in it; frames and ids go on counting."""
        before: World | None = self.world if self._episode_id else None
        is_same = before is not None and place == self._place
        town = before.town if before is not None and is_same else place.build()
        self.navigation.file(town.network)  # a client asks for it at once, and may not wait for long
        stage = Stage(town)
        stage.set_layers(ALL_LAYERS & ~layers, shown=False)
        is_whole = is_same and not stage.hidden and not self.stage.hidden
        renderer = self.renderer if is_whole else self._renderer_of(stage)
        with self.lock:  # nobody may take an id from the world before while the next one begins
            self.deck.stop()
            world = World(
                town,
                seed=place.seed,
                episode_id=self._episode_id + 1,
                frame=1 if before is None else before.moment.frame + 1,
                next_id=20 if before is None else before.next_id,
                **self._ambient,
            )
            self._place, self._episode_id, self.world, self.renderer = (
                place,
                world.episode_id,
                world,
                renderer,
            )
            self.stage, self.instruments = stage, Instruments()
            self.streams.map_changed(WORLD_STREAM)
        self._publish_state()

    @contextmanager
    def restaging(self) -> Iterator[Stage]:
        """Let somebody hide or show things, and let the cameras see it."""
        with self._tick_lock:
            yield self.stage
            renderer = self._renderer_of(self.stage)
            with self.lock:
                self.renderer = renderer

    def _renderer_of(self, stage: Stage) -> Renderer:
        renderer = Renderer(stage.scenery(), run=self._eyes.map, bands=EYES, grow=tree_once)
        self._eyes.submit(getattr, renderer, "rays")  # a script that adds a lidar may not wait for long
        return renderer

    def _run_freely(self) -> None:
        while not self._closing.is_set():
            self._running.wait()
            started_s = time.monotonic()
            with self._tick_lock:
                if not self.settings.synchronous_mode and not self._closing.is_set():
                    self._step_and_survive()
            period_s = self.settings.fixed_delta_seconds or 1.0 / FREE_RUNNING_HZ
            self._closing.wait(max(0.001, started_s + period_s - time.monotonic()))

    def _step_and_survive(self) -> None:
        try:
            self._step()
        except Exception:  # without its clock the world would stand still for everybody, for good
            log.exception("the step to frame %d failed", self.world.moment.frame)

    def _set_running(self) -> None:
        if self.settings.synchronous_mode:
            self._running.clear()
        else:
            self._running.set()

    def _step(self) -> None:
        now_s = time.monotonic()
        elapsed_s = min(0.1, max(0.001, now_s - self._last_step_s))
        self._last_step_s = now_s
        with self.lock:
            self.world.step(self.settings.fixed_delta_seconds or elapsed_s)
            shots = self.instruments.shots(
                self.world.actors.values(),
                self.world.moment.elapsed_s,
                self.streams.has_subscribers,
                rendering=not self.settings.no_rendering_mode,
            )
            scene = capture(self.world, self.renderer) if shots else None
        self._publish_state()
        for shoot in shots:
            assert scene is not None
            self._shoot(shoot, scene)

    def _shoot(self, shoot: Shot, scene: Scene) -> None:
        try:
            messages = shoot(scene)
        except Exception:  # one sensor's trouble must not stop the tick for the others
            log.exception("a sensor failed at frame %d", scene.moment.frame)
        else:
            for stream_id, message in messages:
                self.streams.publish(stream_id, message)

    def _publish_state(self) -> None:
        with self.lock:
            world = self.world
            records = b"".join([actor.record() for actor in world.actors.values()])
            moment, episode_id = world.moment, world.episode_id
        plain, flagged = (
            world_state(
                moment, episode_id=episode_id, platform_s=time.monotonic(), records=records, flags=flags
            )
            for flags in (0, MAP_CHANGED)
        )
        self.streams.publish_state(WORLD_STREAM, plain, flagged)


def _checked(settings: EpisodeSettings) -> EpisodeSettings:
    step_s = settings.fixed_delta_seconds or 0.0
    if not 0.0 <= step_s <= LONGEST_STEP_S:
        raise WorldError(f"fixed_delta_seconds is {step_s}; it must be within 0 and {LONGEST_STEP_S}")
    return settings._replace(fixed_delta_seconds=step_s or None)
