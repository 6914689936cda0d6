"""How fast the stand-in's time passes: ticks per second over the wire, and what a busy world costs.

Run `python benchmarks/ticks.py [--seed N]`. The stand-in is a process of its own; nobody sees anything (no camera).
"""

import argparse
import os
import socket
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import msgpack
import numpy as np

from carla_bridge.home import load_client
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.world import World, describe
from carla_bridge.standin.process import StandInProcess
from carla_bridge.standin.protocol.schema import VehicleControl
from carla_bridge.standin.streetscape.town import build_town

WARM_UP, TICKS, ROUNDS = 200, 2000, 5
DELTA_S = 0.05


def raw_ticks_per_s(server: StandInProcess, rounds: int = ROUNDS) -> list[float]:
    """Return the rates of a client that only sends `tick_cue` and reads the answer, with nobody subscribed."""
    with socket.create_connection((server.host, server.port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        call, unpacker = msgpack.packb([0, 1, "tick_cue", [[False]]]), msgpack.Unpacker()

        def tick() -> None:
            peer.sendall(call)
            while not any(True for _ in unpacker):
                unpacker.feed(peer.recv(4096))

        rates = [_rate(tick) for _ in range(rounds + 1)]
    return rates[1:]


def client_ticks_per_s(server: StandInProcess) -> list[float]:
    """Return the rates of the official client, which gets every world state as well."""
    os.environ.setdefault("CARLA_CACHE_DIR", tempfile.mkdtemp())
    world = load_client().Client(server.host, server.port).get_world()
    return [_rate(world.tick) for _ in range(ROUNDS + 1)][1:]


def server_us_per_tick(server: StandInProcess) -> list[float]:
    """Return the processor microseconds that the server itself spends on a raw client's tick (Linux only)."""
    costs = []
    for _ in range(ROUNDS):
        before_s = _processor_s(server.pid)
        raw_ticks_per_s(server, rounds=1)
        costs.append((_processor_s(server.pid) - before_s) / (2 * (WARM_UP + TICKS)) * 1e6)
    return costs


def _processor_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _rate(tick) -> float:
    for _ in range(WARM_UP):
        tick()
    start = perf_counter()
    for _ in range(TICKS):
        tick()
    return TICKS / (perf_counter() - start)


def busy_step_ms(seed: int, vehicles: int = 50, walkers: int = 20) -> list[float]:
    """Return processor milliseconds of a step, states included, with vehicles driven and walkers walking."""
    town = build_town(seed)
    world = World(town, seed=seed, vehicles=0, walkers=0, episode_id=1, frame=1, next_id=20)
    for spot in town.spawn_points[:vehicles]:
        car = world.spawn(describe("vehicle.tesla.model3"), spot)
        car.control = VehicleControl(throttle=0.3)
    for number in range(walkers):
        block = town.sidewalks[number % len(town.sidewalks)]
        walker = world.spawn(describe("walker.pedestrian.0001"), Pose(*block[5 * (number // 8) + 3].tolist()))
        walker.control = walker.control._replace(speed=1.4)
    costs = []
    for _ in range(100):
        start = process_time()
        world.step(DELTA_S)
        b"".join([actor.record() for actor in world.actors.values()])
        costs.append((process_time() - start) * 1e3)
    return costs[10:]


def main() -> None:
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    options = {"seed": seed, "vehicles": 0, "walkers": 0, "fixed_delta_seconds": DELTA_S}
    with StandInProcess(synchronous=True, **options) as server:
        _print("ticks/s, empty town, raw socket", raw_ticks_per_s(server))
        _print("µs of the server's processor time for each of these", server_us_per_tick(server))
        _print("ticks/s, empty town, official client", client_ticks_per_s(server))
    _print("ms of one step with its states, 50 vehicles and 20 walkers", busy_step_ms(seed))


def _print(title: str, values: list[float]) -> None:
    low, middle, high = np.percentile(values, (5, 50, 95))
    print(f"{title}: {middle:.4g} ({low:.4g} .. {high:.4g})")


if __name__ == "__main__":
    main()
