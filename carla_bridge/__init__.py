"""Drive CARLA (or anything that speaks its protocol) and turn its label maps into photos."""

from typing import Any

_HOMES = {
    "LiveDrive": "carla_bridge.session",
    "translate": "carla_bridge.translation",
    "BridgeError": "carla_bridge.errors",
}
__all__ = ["BridgeError", "LiveDrive", "translate"]


def __getattr__(name: str) -> Any:  # lazily, so that `carla-bridge --help` never loads the simulator client
    if name not in _HOMES:
        raise AttributeError(f"module 'carla_bridge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
