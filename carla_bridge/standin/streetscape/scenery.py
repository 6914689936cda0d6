"""All that stands beside the streets of any map, grown from its network: the same map and chance, the same town."""

from dataclasses import replace

import numpy as np

from carla_bridge.standin.roads.network import Network, Signal
from carla_bridge.standin.streetscape import signposts
from carla_bridge.standin.streetscape.greenery import close_horizon, lay_park, plant_back_gardens
from carla_bridge.standin.streetscape.rows import settle
from carla_bridge.standin.streetscape.site import Site, Terrain
from carla_bridge.standin.streetscape.streetside import furnish
from carla_bridge.standin.streetscape.things import PROPS, Scenery

LIGHT = "traffic light"


def build_scenery(network: Network, terrain: Terrain, rng: np.random.Generator) -> Scenery:
    """Return what stands beside the streets; `terrain` gives the height of free ground."""
    site = Site(network, terrain, rng)
    for signal in network.signals:
        _put_signal(site, signal)
    settle(site)
    lay_park(site)
    furnish(site)
    plant_back_gardens(site)
    close_horizon(site)
    return site.things.scenery()


def _put_signal(site: Site, signal: Signal) -> None:
    """A traffic light or a sign of the map, where the map says; a light has an arm where it guards several lanes."""
    if not signal.is_traffic_light:
        shape = signposts.SHAPE_BY_KIND.get(signal.kind, "upright")
        site.put(site.stock[f"sign {shape}"], signal.pose, PROPS, f"sign {shape}")
        return
    to_post = np.linalg.inv(signal.pose.matrix())
    lanes = [site.network.lanes[stop.lane].points[stop.point] for stop in signal.stops]
    across = [float((to_post @ [*point, 1.0])[1]) for point in lanes]
    reach = max(across, default=0.0)
    arm = reach if len(across) > 1 or site.rng.random() < 0.4 else 0.0
    mesh = signposts.traffic_light(arm=min(max(arm, 0.0), 9.0), walkers=site.rng.random() < 0.7)
    site.put(mesh, replace(signal.pose, pitch=0.0, roll=0.0), PROPS, LIGHT)
