"""The world in motion: actors, traffic, lights, pedestrians."""
