"""CARLA's protocol: framing, structures, calls and streams."""
