"""CARLA's recorder logs: written, read, replayed."""
