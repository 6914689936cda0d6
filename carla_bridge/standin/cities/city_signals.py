"""Traffic lights, signs and controllers of a seeded city as OpenDRIVE 1.4."""

from collections.abc import Iterator

from carla_bridge.standin.cities.city import LEFT, Arm, City, Junction, Street

STOP_LINE_M = 5.5  # from where an arm begins, outwards; the post stands beside it
SPEED_SIGN_M = 14.0
BEHIND_KERB_M = 0.6
LIGHT, STOP, YIELD, SPEED_LIMIT = "1000001", "206", "205", "274"
FIRST_SIGNAL_ID, FIRST_CONTROLLER_ID, FIRST_SPEED_SIGN_ID = 2000, 3000, 4000


def arm_number(arm: Arm, city: City) -> int:
    """Return a number that no other arm of the city has."""
    return 4 * city.streets[arm.street].junctions[arm.at_end] + arm.way


def street_signals(street: Street, city: City) -> Iterator[str]:
    """Yield the signals along one street: at both ends what guards the junction there, and new speed limits."""
    for junction in (city.junctions[number] for number in street.junctions):
        for arm in junction.arms:
            if arm.street == street.id:
                yield from _guard(arm, junction, city)
                if any(other.profile.speed_kmh != street.profile.speed_kmh for other in junction.arms):
                    yield _speed_sign(arm, city)


def controllers(city: City) -> Iterator[str]:
    """Yield the controllers: the lights of opposite arms show the same."""
    for junction in city.junctions:
        for number in _controller_ids(junction):
            lights = [arm for arm in junction.arms if _controller_id(junction, arm) == number]
            controls = (
                f'<control signalId="{FIRST_SIGNAL_ID + arm_number(arm, city)}" type="0"/>' for arm in lights
            )
            yield f'<controller id="{number}" name="Controller {number}" sequence="0">{"".join(controls)}</controller>'


def junction_controllers(junction: Junction) -> str:
    """Return the references of a junction to its controllers, in the order of their turns."""
    return "".join(
        f'<controller id="{number}" type="0" sequence="{i}"/>'
        for i, number in enumerate(_controller_ids(junction))
    )


def _controller_ids(junction: Junction) -> list[int]:
    return sorted({_controller_id(junction, arm) for arm in junction.arms}) if junction.has_lights else []


def _controller_id(junction: Junction, arm: Arm) -> int:
    return FIRST_CONTROLLER_ID + 2 * junction.id + arm.way % 2


def _guard(arm: Arm, junction: Junction, city: City) -> Iterator[str]:
    """Yield what those who come in on an arm must heed: a light, or a sign where their street ends in another."""
    number = FIRST_SIGNAL_ID + arm_number(arm, city)
    if junction.has_lights:
        yield _signal(arm, city, STOP_LINE_M, arm.entry_side, number, LIGHT, "Signal_3Light_Post01")
    elif all((other.way - arm.way) % 4 != 2 for other in junction.arms):
        kind, name = (STOP, "Sign_Stop") if number % 3 == 0 else (YIELD, "Sign_Yield")
        yield _signal(arm, city, STOP_LINE_M, arm.entry_side, number, kind, name)


def _speed_sign(arm: Arm, city: City) -> str:
    """Return the sign for those who have just turned into a street."""
    number = FIRST_SPEED_SIGN_ID + arm_number(arm, city)
    kmh = arm.profile.speed_kmh
    name = f"Speed_{kmh}"
    return _signal(arm, city, SPEED_SIGN_M, -arm.entry_side, number, SPEED_LIMIT, name, kmh)


def _signal(
    arm: Arm, city: City, out_m: float, side: int, number: int, kind: str, name: str, value: int = -1
) -> str:
    """Return one signal behind the kerb on one side of a street, for the traffic on that side."""
    street = city.streets[arm.street]
    s = street.path.length - out_m if arm.at_end else out_m
    t = -side * (arm.profile.kerb_m + BEHIND_KERB_M)
    lanes = sorted(street.lane_ids(side, "driving"))
    size = 'height="0.87" width="0.36"' if kind == LIGHT else 'height="0.70" width="0.70"'
    return (
        f'<signal name="{name}" id="{number}" s="{s:.9f}" t="{t:.9f}" zOffset="0.0" hOffset="0.0" roll="0.0" '
        f'pitch="0.0" orientation="{"-" if side == LEFT else "+"}" dynamic="{"yes" if kind == LIGHT else "no"}" '
        f'country="OpenDRIVE" type="{kind}" subtype="-1" value="{value}" unit="km/h" text="" {size}>'
        f'<validity fromLane="{lanes[0]}" toLane="{lanes[-1]}"/></signal>'
    )
