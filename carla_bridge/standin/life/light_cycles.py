"""When traffic lights switch: at each junction one controller after the other is green, then yellow, then all wait."""

from collections.abc import Sequence

from carla_bridge.standin.life.signs import LightState, TrafficLight, TrafficSign
from carla_bridge.standin.roads.network import NO_JUNCTION, Network

STAGES = (LightState.GREEN, LightState.YELLOW, LightState.RED)

Phase = list[TrafficLight]  # the lights of one controller: they show the same


class Cycle:
    """The lights of one junction."""

    def __init__(self, phases: list[Phase]) -> None:
        self._phases = phases
        self.reset()

    @property
    def lights(self) -> list[TrafficLight]:
        """All lights of the junction."""
        return [light for phase in self._phases for light in phase]

    def phase_of(self, light: TrafficLight) -> Phase:
        """Return the lights that switch together with one."""
        return next(phase for phase in self._phases if light in phase)

    def reset(self) -> None:
        """Begin with green for the first controller."""
        self._active = self._stage = 0
        self._stage_s = 0.0
        for light in self.lights:
            light.show(LightState.RED)
        self._show()

    def freeze(self, frozen: bool) -> None:
        """Stop the clock of these lights, or let it go on."""
        for light in self.lights:
            light.is_frozen = frozen

    def step(self, delta_s: float) -> None:
        """Let time pass; at most one switch in one frame."""
        if self._phases[0][0].is_frozen:
            return
        for light in self.lights:
            light.elapsed_s += delta_s
        self._stage_s += delta_s
        first = self._phases[self._active][0]
        if self._stage_s >= (first.green_s, first.yellow_s, first.red_s)[self._stage] - 1e-6:
            self._switch()

    def _switch(self) -> None:
        self._stage_s = 0.0
        self._stage = (self._stage + 1) % len(STAGES)
        if self._stage == 0:
            self._active = (self._active + 1) % len(self._phases)
        self._show()

    def _show(self) -> None:
        for light in self._phases[self._active]:
            light.show(STAGES[self._stage])


class TrafficLights:
    """All traffic lights of a town."""

    def __init__(self, network: Network, signs: Sequence[TrafficSign]) -> None:
        self.cycles = cycles_of(network, signs)
        self._cycle_of = {light.id: cycle for cycle in self.cycles for light in cycle.lights}

    def cycle_of(self, light: TrafficLight) -> Cycle:
        """Return the cycle of a light's junction."""
        return self._cycle_of[light.id]

    def phase_of(self, light: TrafficLight) -> Phase:
        """Return the lights that switch together with one."""
        return self.cycle_of(light).phase_of(light)

    def step(self, delta_s: float) -> None:
        """Let time pass."""
        for cycle in self.cycles:
            cycle.step(delta_s)


def cycles_of(network: Network, signs: Sequence[TrafficSign]) -> list[Cycle]:
    """Return a cycle for each junction with lights; `signs` are the actors of the network's signals, in order."""
    return [Cycle(phases) for phases in _grouped(network, signs).values()]


def _grouped(network: Network, signs: Sequence[TrafficSign]) -> dict[object, list[Phase]]:
    """Return the phases of each junction, of each controller without one, and of each light without either."""
    junction_of = {name: junction for junction, names in network.junctions.items() for name in names}
    groups: dict[object, dict[str, Phase]] = {
        junction: {name: [] for name in names} for junction, names in network.junctions.items()
    }
    for signal, sign in zip(network.signals, signs, strict=True):
        if isinstance(sign, TrafficLight):
            controller = signal.controller or f"alone {signal.id}"
            junction = junction_of.get(controller, signal.junction)
            group = controller if junction == NO_JUNCTION else junction
            groups.setdefault(group, {}).setdefault(controller, []).append(sign)
    filled = {group: [phase for phase in named.values() if phase] for group, named in groups.items()}
    return {group: phases for group, phases in filled.items() if phases}
