"""Shapes of CARLA's props, each as big as CARLA's; those without a shape of their own are plain boxes of that size."""

from collections.abc import Callable

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies import prop_garden as garden
from carla_bridge.standin.bodies import prop_shapes as look
from carla_bridge.standin.library.blueprint_props import PROPS, PropSize
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Builder

PARKED = {  # what CARLA's meshes of parked vehicles have in their paths → our shape of that vehicle
    "CHARGERCOP": "dodge.charger_police_2020",
    "CHARGER": "dodge.charger_2020",
    "CROWN": "ford.crown",
    "LINCOLN": "lincoln.mkz_2020",
    "MERCEDESCCC": "mercedes.coupe_2020",
    "MINI2021": "mini.cooper_s_2021",
    "PATROL": "nissan.patrol_2021",
    "TESLA": "tesla.model3",
    "VOLKSWAGENT2": "volkswagen.t2_2021",
    "CYBERTRUCK": "tesla.cybertruck",
    "ETRON": "audi.etron",
    "AUDITT": "audi.tt",
    "MUSTANG": "ford.mustang",
}


def prop(name: str) -> Mesh | None:
    """Return the shape of a `static.prop.*`, or None for a name CARLA does not have."""
    size = PROPS.get(name)
    if size is None:
        return None
    draw = next((draw for start, draw in _SHAPES.items() if name.startswith(start)), look.plain_box)
    builder = Builder()
    for triangles, color in draw(size):
        builder.add(triangles, tags.DYNAMIC if size.moves else tags.STATIC, color)
    return _fitted(builder.mesh(), size)


def parked_vehicle(mesh_path: str) -> str | None:
    """Return which vehicle a mesh path of CARLA's stands for; None for a path that names no vehicle we know."""
    path = mesh_path.upper().replace("_", "")
    return next((vehicle for word, vehicle in PARKED.items() if word in path), None)


def _fitted(mesh: Mesh, size: PropSize) -> Mesh:
    """Return the mesh stretched to the very size of the prop, standing on the ground in the middle."""
    points = mesh.triangles.reshape(-1, 3).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    scale = np.array(size[:3]) / np.maximum(high - low, 1e-6)
    triangles = ((mesh.triangles - middle) * scale).astype(np.float32)
    return Mesh(triangles, mesh.tags, mesh.colors_rgb, mesh.object_ids)


_SHAPES: dict[str, Callable[[PropSize], look.Parts]] = {  # by how the name begins, the longer beginning first
    "constructioncone": look.cone,
    "trafficcone01": look.cone,
    "trafficcone02": look.post,
    "streetbarrier": look.barrier,
    "trafficwarning": look.sign_trailer,
    "warning": look.stand,
    "bench": garden.bench,
    "barrel": look.drum(look.ORANGE),
    "trashcan": look.drum(look.GREY),
    "bin": look.wheeled_bin,
    "trashbag": look.sack,
    "plasticbag": look.sack,
    "plantpot": look.pot,
    "streetsign": look.board,
    "advertisement": look.board,
    "maptable": look.board,
    "busstop": garden.bus_stop,
    "pergola": garden.shelter,
    "foodcart": garden.shelter,
    "plastictable": garden.parasol,
    "table": garden.table,
    "plasticchair": garden.chair,
    "chainbarrier": look.chain,
    "fountain": garden.fountain,
    "trampoline": garden.trampoline,
    "swing": garden.swing,
    "haybale": look.bale,
    "box": look.boxed_in(look.PAPER),
    "creasedbox": look.boxed_in(look.PAPER),
    "vendingmachine": look.boxed_in(look.RED),
    "mailbox": look.boxed_in((200, 170, 40)),
    "container": look.boxed_in(look.GREEN),
    "clothcontainer": look.boxed_in(look.GREEN),
    "glasscontainer": look.boxed_in(look.GREEN),
    "bike helmet": look.sphere(look.WHITE),
    "motorhelmet": look.sphere(look.DARK),
    "colacan": look.drum(look.RED),
    "gnome": look.drum(look.RED, lid=0.2),
}
