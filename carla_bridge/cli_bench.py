"""`carla-bridge bench`: the whole road, measured on a stand-in of its own or on a server that is running."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.cli_options import BACKENDS, SHIPPED, load_engine, threads_beside

if TYPE_CHECKING:
    from carla_bridge.config import ServerConfig


@click.command()
@click.option("--checkpoint", default=SHIPPED, show_default=True, help="A shipped name or a path.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--backend", default="auto", show_default=True, help=BACKENDS)
@click.option(
    "--size", "sizes", multiple=True, help="WIDTHxHEIGHT; repeatable.  [default: 512x256 and 1024x512]"
)
@click.option("--frames", type=click.IntRange(min=2), default=100, show_default=True, help="Per drive.")
@click.option("--vehicles", type=click.IntRange(min=0), default=0, show_default=True, help="Besides our own.")
@click.option("--batch-size", type=click.IntRange(1, 256), default=4, show_default=True, help="Of convert.")
@click.option("--threads", type=click.IntRange(min=1), help="Of the generator.  [default: as in `live`]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Of a server that is running.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: a stand-in is started]")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the figures to this file, too."
)
def bench(
    checkpoint: str,
    device: str,
    backend: str,
    sizes: tuple[str, ...],
    frames: int,
    vehicles: int,
    batch_size: int,
    threads: int | None,
    host: str,
    port: int | None,
    json_path: Path | None,
) -> None:
    """Measure live driving, stage by stage, and convert, without and with the generator.

    The window is drawn but not shown, so that no screen's rate limits it.

    Example: carla-bridge bench --size 512x256 --json bench.json
    """
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    from carla_bridge.bench import bench_convert, bench_live, convert_table, live_table, no_generator
    from carla_bridge.config import CameraConfig
    from carla_bridge.outputs import make_room, save_whole
    from pix2pix.benchmark import machine
    from pix2pix.datasets.resized import parse_size

    cameras = [
        CameraConfig(width=width, height=height)
        for width, height in map(parse_size, sizes or ("512x256", "1024x512"))
    ]
    if json_path:
        make_room(json_path, overwrite=False)
    live, converted = [], []
    used = threads or threads_beside(host, overlap=True)
    with _server(host, port) as server:
        for camera in cameras:
            size = {"height": camera.height, "width": camera.width}
            engine = load_engine(checkpoint, device, backend, threads=used, **size)
            name = engine.card.name
            runs = (("none", no_generator, True), (name, engine, False), (name, engine, True))
            for whose, paint, overlap in runs:
                live.append(
                    bench_live(
                        server, paint, camera, name=whose, frames=frames, overlap=overlap, vehicles=vehicles
                    )
                )
            engine.warm_up(**size, batch_size=batch_size)
            converted.append(
                bench_convert(server, engine, camera, name=name, frames=frames, batch_size=batch_size)
            )
    about = machine()
    click.echo(f"\n{_told(about)}\n\n{live_table(live)}\n\n{convert_table(converted)}")
    if json_path:
        told = {"machine": about, "live": [*map(asdict, live)], "convert": [*map(asdict, converted)]}
        save_whole(
            json_path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode(), overwrite=False
        )


@contextmanager
def _server(host: str, port: int | None) -> "Iterator[ServerConfig]":
    from carla_bridge.config import ServerConfig

    if port is not None:
        yield ServerConfig(host=host, port=port)
        return
    from carla_bridge.standin.process import StandInProcess

    with StandInProcess(seed=0) as standin:
        yield ServerConfig(host=standin.host, port=standin.port)


def _told(about: dict[str, Any]) -> str:
    plain = {key: value for key, value in about.items() if key != "versions"} | about["versions"]
    return ", ".join(f"{key} {value}" for key, value in plain.items() if value is not None)
