"""`python -m carla_bridge` is `carla-bridge`."""

from carla_bridge.cli import main

if __name__ == "__main__":
    main(prog_name="carla-bridge")
