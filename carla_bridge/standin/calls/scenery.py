"""Calls about the fixed things of the town: boxes, environment objects, map layers, street lights, textures."""

from typing import TYPE_CHECKING

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.life.actors import to_transform
from carla_bridge.standin.life.stage import Lamp
from carla_bridge.standin.protocol.rpc import method

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

EVERY_LABEL = 255


@method()
def get_all_level_BBs(sim: "Simulation", label: int) -> object:
    """Return the boxes of the town's fixed things, in the world."""
    return [fixed.box for fixed in sim.stage.boxes if label in (EVERY_LABEL, fixed.tag)]


@method()
def get_environment_objects(sim: "Simulation", label: int) -> object:
    """Return the town's fixed things: those that are mostly of a label."""
    boxes = {(fixed.number, fixed.tag): fixed.box for fixed in sim.stage.boxes}
    names = sim.stage.names()
    return [
        [
            to_transform(thing.pose),
            boxes[thing.number, thing.tag],
            thing.number,
            names[thing.number],
            thing.tag,
        ]
        for thing in sim.world.town.things
        if label in (EVERY_LABEL, thing.tag)
    ]


@method(locked=False)
def enable_environment_objects(sim: "Simulation", numbers: tuple[int, ...], enabled: bool) -> None:
    """Show or hide fixed things."""
    with sim.restaging() as stage:
        stage.set_things(numbers, shown=enabled)


@method(locked=False)
def load_map_layer(sim: "Simulation", layers: int) -> None:
    """Show layers of the map."""
    with sim.restaging() as stage:
        stage.set_layers(layers, shown=True)


@method(locked=False)
def unload_map_layer(sim: "Simulation", layers: int) -> None:
    """Hide layers of the map."""
    with sim.restaging() as stage:
        stage.set_layers(layers, shown=False)


@method()
def get_names_of_all_objects(sim: "Simulation") -> object:
    """Return the names of the town's fixed things."""
    return list(sim.stage.names().values())


@method(locked=False)
def set_annotations_traverse_translucency(sim: "Simulation", enabled: bool) -> None:
    """Accept: nothing in the stand-in is translucent."""


def _refuse_texture(names: tuple[str, ...]) -> None:
    raise WorldError(
        f"the stand-in has no textures, so {', '.join(names[:3]) or 'nothing'} keeps its plain colours; "
        "use CARLA itself to change how things look"
    )


@method(locked=False)
def apply_color_texture_to_objects(
    sim: "Simulation", names: tuple[str, ...], parameter: int, texture: object
) -> None:
    """Refuse: everything is painted in plain colours."""
    _refuse_texture(names)


@method(locked=False)
def apply_float_color_texture_to_objects(
    sim: "Simulation", names: tuple[str, ...], parameter: int, texture: object
) -> None:
    """Refuse: everything is painted in plain colours."""
    _refuse_texture(names)


@method()
def query_lights_state(sim: "Simulation", endpoint: str) -> object:
    """Return the street lights."""
    return list(sim.stage.lamps.values())


@method()
def update_lights_state(sim: "Simulation", endpoint: str, lights: tuple[Lamp, ...], discard: bool) -> None:
    """Switch street lights: kept and given back; the cameras know daylight only."""
    for light in lights:
        if light.id in sim.stage.lamps:
            kept = sim.stage.lamps[light.id]
            sim.stage.lamps[light.id] = light._replace(location=kept.location)


@method(locked=False)
def update_day_night_cycle(sim: "Simulation", endpoint: str, enabled: bool) -> None:
    """Accept: street lights stay as they were set."""
