"""How each kind of packet of a recorder log is written out, line by line, in CARLA's words and order."""

from collections.abc import Callable, Iterable
from typing import Any

from carla_bridge.standin.recorder_logs.recorder_records import (
    PacketId,
    PhysicsControl,
    VehicleLight,
    WalkerBones,
)

EVENTS = (PacketId.EVENT_ADD, PacketId.EVENT_DEL, PacketId.EVENT_PARENT, PacketId.COLLISION)
VEHICLE_LIGHTS = (
    ("Position", 1),
    ("LowBeam", 2),
    ("HighBeam", 4),
    ("Brake", 8),
    ("RightBlinker", 16),
    ("LeftBlinker", 32),
    ("Reverse", 64),
    ("Interior", 256),
    ("Fog", 128),
    ("Special1", 512),
    ("Special2", 1024),
)
DOORS = ("Front Left", "Front Right", "Rear Left", "Rear Right", "Hood", "Trunk", "All")
TITLES = {  # of the packets that are told only when all is asked for
    PacketId.POSITION: " Positions: {}",
    PacketId.STATE: " State traffic lights: {}",
    PacketId.ANIM_VEHICLE: " Vehicle animations: {}",
    PacketId.ANIM_WALKER: " Walker animations: {}",
    PacketId.VEHICLE_DOOR: " Vehicle door animations: {}",
    PacketId.VEHICLE_LIGHT: " Vehicle light animations: {}",
    PacketId.SCENE_LIGHT: " Scene light changes: {}",
    PacketId.KINEMATICS: " Dynamic actors: {}",
    PacketId.BOUNDING_BOX: " Actor bounding boxes: {}",
    PacketId.TRIGGER_VOLUME: " Actor trigger volumes: {}",
    PacketId.PHYSICS_CONTROL: " Physics Control events: {}",
    PacketId.TRAFFIC_LIGHT_TIME: " Traffic Light time events: {}",
    PacketId.WALKER_BONES: " Walkers Bones: {}",
}
_BOX = "  Id: {} origin: ({:g}, {:g}, {:g}) extension: ({:g}, {:g}, {:g})"
ROWS = {  # one line for a record: its fields, in order
    PacketId.EVENT_DEL: " Destroy {}",
    PacketId.EVENT_PARENT: " Parenting {} with {} (parent)",
    PacketId.POSITION: "  Id: {} Location: ({:g}, {:g}, {:g}) Rotation: ({:g}, {:g}, {:g})",
    PacketId.STATE: "  Id: {0} state: {3} frozen: {1:d} elapsedTime: {2:g}",
    PacketId.ANIM_VEHICLE: "  Id: {} Steering: {:g} Throttle: {:g} Brake: {:g} Handbrake: {:d} Gear: {}",
    PacketId.ANIM_WALKER: "  Id: {} speed: {:g}",
    PacketId.SCENE_LIGHT: "  Id: {0} enabled: {6} intensity: {1:g} RGB_color: ({2:g}, {3:g}, {4:g})",
    PacketId.KINEMATICS: (
        "  Id: {} linear_velocity: ({:g}, {:g}, {:g}) angular_velocity: ({:g}, {:g}, {:g})"
    ),
    PacketId.BOUNDING_BOX: _BOX,
    PacketId.TRIGGER_VOLUME: _BOX,
    PacketId.PLATFORM_TIME: " Current platform time: {:g}",
    PacketId.TRAFFIC_LIGHT_TIME: "  Id: {} green_time: {:g} yellow_time: {:g} red_time: {:g}",
}
PHYSICS = (
    "max_rpm",
    "MOI",
    "damping_rate_full_throttle",
    "damping_rate_zero_throttle_clutch_engaged",
    "damping_rate_zero_throttle_clutch_disengaged",
    "use_gear_auto_box",
    "clutch_strength",
    "final_ratio",
    "mass",
    "drag_coefficient",
)
GEAR = "    gear {}: ratio {:g} down_ratio {:g} up_ratio {:g}"
WHEEL = (
    "    wheel {}: tire_friction {:g} damping_rate {:g} max_steer_angle {:g} radius {:g}"
    " max_brake_torque {:g} max_handbrake_torque {:g} position ({:g}, {:g}, {:g})"
)


def lines(kind: PacketId, records: Iterable[Any]) -> list[str]:
    """Return what a packet's records say."""
    written = [line for record in records for line in _LINES.get(kind, _row(kind))(record)]
    title = TITLES.get(kind)
    return written if title is None else [title.format(len(list(records))), *written]


def _row(kind: PacketId) -> Callable[[Any], list[str]]:
    template = ROWS.get(kind)
    return lambda record: [] if template is None else [template.format(*record)]


def _event_add(event: Any) -> list[str]:
    head = (
        f" Create {event.actor_id}: {event.type_id} ({event.type}) at ({event.x:g}, {event.y:g}, {event.z:g})"
    )
    return [head, *(f"  {attribute.id} = {attribute.value}" for attribute in event.attributes)]


def _collision(hit: Any) -> list[str]:
    one, other = (" (hero) " if is_hero else "" for is_hero in (hit.is_hero, hit.is_other_hero))
    return [f" Collision id {hit.number} between {hit.actor_id}{one} with {hit.other_id}{other}"]


def _vehicle_light(light: VehicleLight) -> list[str]:
    names = " ".join(name for name, bit in VEHICLE_LIGHTS if light.lights & bit)
    return [f"  Id: {light.actor_id} {names or 'None'}"]


def _door(door: Any) -> list[str]:
    name = DOORS[door.door] if door.door < len(DOORS) else str(door.door)
    return [f"  Id: {door.actor_id}", f"  Doors {'opened' if door.is_open else 'closed'}:  {name} "]


def _physics(control: PhysicsControl) -> list[str]:
    *values, x, y, z = control.values
    named = zip(PHYSICS, values, strict=True)
    return [
        f"  Id: {control.actor_id}",
        *(
            f"   {name} = {value:g}" if type(value) is float else f"   {name} = {value}".lower()
            for name, value in named
        ),
        f"   center_of_mass = ({x:g}, {y:g}, {z:g})",
        f"   torque_curve ={_points(control.torque_curve)}",
        f"   steering_curve ={_points(control.steering_curve)}",
        "   forward_gears:",
        *(GEAR.format(number, *gear) for number, gear in enumerate(control.forward_gears)),
        "   wheels:",
        *(WHEEL.format(number, *wheel[:6], *wheel[9:]) for number, wheel in enumerate(control.wheels)),
    ]


def _points(curve: Iterable[tuple[float, ...]]) -> str:
    return "".join(f" ({x:g}, {y:g})" for x, y in curve)


def _bones(walker: WalkerBones) -> list[str]:
    place = "Loc({:g}, {:g}, {:g}) Rot({:g}, {:g}, {:g})"
    bones = (f'     Bone: "{bone.name}" relative: {place.format(*bone.placed)}' for bone in walker.bones)
    return [f"  Id: {walker.actor_id}", *bones]


_LINES: dict[PacketId, Callable[[Any], list[str]]] = {
    PacketId.EVENT_ADD: _event_add,
    PacketId.COLLISION: _collision,
    PacketId.VEHICLE_LIGHT: _vehicle_light,
    PacketId.VEHICLE_DOOR: _door,
    PacketId.PHYSICS_CONTROL: _physics,
    PacketId.WALKER_BONES: _bones,
}
