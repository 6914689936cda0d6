"""The embedded stand-in server: CARLA 0.9.16 on the wire, a small procedural town behind it."""
