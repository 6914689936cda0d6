"""The town as triangles: ground, houses, plants, furniture."""
