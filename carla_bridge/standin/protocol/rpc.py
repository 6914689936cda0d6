"""From a call on the wire to its answer: reads the arguments a handler declares, wraps what it returns."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from carla_bridge.standin.errors import Refused, WorldError
from carla_bridge.standin.protocol import schema
from carla_bridge.standin.protocol.reading import SchemaError, reader
from carla_bridge.standin.protocol.wire import Request, encode_error, encode_result

if TYPE_CHECKING:
    from carla_bridge.standin.simulation import Simulation

log = logging.getLogger(__name__)


class Method(NamedTuple):
    """A handler with what must be known to call it."""

    handler: Callable[..., Any]
    readers: tuple[Callable[[Any], Any], ...]
    is_void: bool
    is_locked: bool  # runs while the world stands still
    is_bare: bool  # its result goes without an envelope


METHODS: dict[str, Method] = {}


def method(*, locked: bool = True, bare: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function the handler of the RPC method of its name; its annotations say what it reads."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        METHODS[handler.__name__] = described(handler, locked=locked, bare=bare)
        return handler

    return register


def described(handler: Callable[..., Any], *, locked: bool = True, bare: bool = False) -> Method:
    """Return a handler with what its annotations say."""
    return Method(handler, _readers(handler), _is_void(handler), locked, bare)


def _readers(handler: Callable[..., Any]) -> tuple[Callable[[Any], Any], ...]:
    hints = {name: hint for name, hint in _hints(handler).items() if name not in ("sim", "return")}
    return tuple(reader(hint) for hint in hints.values())


def _is_void(handler: Callable[..., Any]) -> bool:
    return _hints(handler)["return"] is type(None)


def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(handler, localns={"Simulation": object})


def answer(sim: "Simulation", request: Request) -> bytes:
    """Return the one answer to a call, whatever happens."""
    log.debug("%s %r", request.method, request.arguments)
    found = METHODS.get(request.method)
    if found is None:
        count = len(request.arguments) + 1
        log.warning("a client called %s, which the stand-in does not know", request.method)
        return encode_error(
            request.call_id,
            f"rpclib: server could not find function '{request.method}' with argument count {count}.",
        )
    try:
        result = call(sim, request.method, request.arguments)
    except (WorldError, SchemaError, Refused) as error:
        return failure(request, str(error))
    except Exception as error:  # our own mistake must not take the connection down
        log.exception("%s failed", request.method)
        return encode_error(request.call_id, f"{request.method} failed in the stand-in: {error!r}")
    return encode_result(request.call_id, _enveloped(found, result))


def failure(request: Request, message: str) -> bytes:
    """Return the answer that the client of a call raises as an error with this message."""
    found = METHODS.get(request.method)
    if found is None or found.is_bare:
        return encode_error(request.call_id, message)
    fail = schema.void_failure if found.is_void else schema.failure
    return encode_result(request.call_id, fail(message))


def call(sim: "Simulation", name: str, arguments: list[Any]) -> Any:
    """Run the handler of a name on arguments from the wire and return its plain result."""
    return run(sim, METHODS[name], arguments)


def run(sim: "Simulation", found: Method, arguments: list[Any]) -> Any:
    """Run a handler on arguments from the wire and return its plain result."""
    if len(arguments) < len(found.readers):
        name = found.handler.__name__
        raise SchemaError(f"{name} takes {len(found.readers)} arguments, got {len(arguments)}")
    values = [read(value) for read, value in zip(found.readers, arguments, strict=False)]
    with sim.lock if found.is_locked else nullcontext():
        return found.handler(sim, *values)


def _enveloped(found: Method, result: Any) -> Any:
    if found.is_bare:
        return result
    return schema.VOID if found.is_void else schema.success(result)
