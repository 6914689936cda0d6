"""Labelled triangles, and how cameras and rays see them."""
