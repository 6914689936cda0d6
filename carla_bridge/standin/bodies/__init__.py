"""Vehicles, people and props as triangles."""
