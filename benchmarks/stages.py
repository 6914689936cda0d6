"""The stage table: where a frame's time goes, from the simulator's tick to the window.

    python benchmarks/stages.py [--frames 100] [--checkpoint fast] [--device cpu]

The same as `carla-bridge bench`, whose figures these are.
"""

from carla_bridge.cli_bench import bench

if __name__ == "__main__":
    bench()
