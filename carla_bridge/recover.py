"""Free a server that somebody left in synchronous mode or full of orphaned actors."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from carla_bridge.actors import destroy
from carla_bridge.server import Server
from carla_bridge.signals import held

if TYPE_CHECKING:
    import carla

# In this order: a sensor or controller without its vehicle or walker makes a server complain. The spectator,
# traffic lights and signs, and a map's own props belong to the map.
_CLIENTS_BRING = ("sensor.", "controller.", "walker.", "vehicle.")
_AMBIENT = "ambient"  # the role name of what belongs to the server's own street life
_FIRST_STATE_S = 0.5


@dataclass(frozen=True)
class RecoveryPlan:
    """What `execute` would do to a server, for the user to look at before."""

    host: str
    port: int
    timeout_s: float
    synchronous_off: bool
    fixed_step_s: float | None  # the step that would be cleared
    rendering_on: bool
    actor_ids: tuple[int, ...]  # in the order of their destruction
    actor_counts: dict[str, int]  # by type, the most frequent first

    @property
    def needed(self) -> bool:
        """Say whether there is anything to do."""
        changes_settings = self.synchronous_off or self.rendering_on or self.fixed_step_s is not None
        return changes_settings or bool(self.actor_ids)

    def sentences(self) -> list[str]:
        """Return what would be done, a line each."""
        lines = ["turn synchronous mode off"] if self.synchronous_off else []
        lines += [f"clear the fixed step of {self.fixed_step_s:g} s"] if self.fixed_step_s is not None else []
        lines += ["turn rendering on"] if self.rendering_on else []
        return lines + [f"destroy {count} × {type_id}" for type_id, count in self.actor_counts.items()]


def plan(host: str, port: int, *, timeout_s: float = 10.0) -> RecoveryPlan:
    """Look at a server and return what would free it.

    A synchronous world that nobody ticks shows its actors only after a tick, so it may be ticked once.
    """
    server = Server(host, port, timeout_s=timeout_s)
    try:
        with server.answering("tell its settings"):
            settings = server.world.get_settings()
        server.await_first_state(synchronous=settings.synchronous_mode, timeout_s=_FIRST_STATE_S)
        with server.answering("list its actors"):
            actors = _brought_by_clients(server)
    finally:
        server.lifeline.close()
    return RecoveryPlan(
        host=host,
        port=port,
        timeout_s=timeout_s,
        synchronous_off=settings.synchronous_mode,
        fixed_step_s=settings.fixed_delta_seconds or None,
        rendering_on=settings.no_rendering_mode,
        actor_ids=tuple(actor.id for actor in actors),
        actor_counts=dict(Counter(actor.type_id for actor in actors).most_common()),
    )


def execute(found: RecoveryPlan) -> None:
    """Do what the plan says; Ctrl-C waits until it is done."""
    server = Server(found.host, found.port, timeout_s=found.timeout_s)
    try:
        with held(), server.answering("be freed"):
            destroy(server, found.actor_ids)
            settings = server.world.get_settings()
            settings.synchronous_mode = False
            settings.fixed_delta_seconds = None
            settings.no_rendering_mode = False
            server.world.apply_settings(settings)
    finally:
        server.lifeline.close()


def _brought_by_clients(server: Server) -> "list[carla.Actor]":
    actors = [
        actor
        for actor in cast("list[carla.Actor]", server.world.get_actors())
        if actor.type_id.startswith(_CLIENTS_BRING) and actor.attributes.get("role_name") != _AMBIENT
    ]
    rank = {prefix: place for place, prefix in enumerate(_CLIENTS_BRING)}
    return sorted(actors, key=lambda actor: rank[actor.type_id.split(".")[0] + "."])
