"""What each triangle's surface is like: its normal."""

import numpy as np

from carla_bridge.standin.rendering.mesh import Mesh


def normals_of(mesh: Mesh) -> np.ndarray:
    """Return the normal of every triangle, N,3 float32, of length 1 and of either sign; zero where it has no area."""
    corners = mesh.triangles.astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.where(lengths > 0.0, lengths, 1.0)).astype(np.float32)
