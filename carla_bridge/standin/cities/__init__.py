"""Seeded cities, written as OpenDRIVE."""
