"""`carla-bridge synthesize`: whole datasets by one command. Heavy imports stay inside."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.cli_options import (
    BACKENDS,
    SHIPPED,
    edit_option,
    listed,
    load_named,
    options,
    threads_beside,
)

if TYPE_CHECKING:
    from carla_bridge.batch import NamedEngine
    from carla_bridge.config import ServerConfig
    from carla_bridge.progress import Told
    from carla_bridge.synthesis.config import SynthesizeConfig
    from carla_bridge.synthesis.dataset import DatasetFolder
    from carla_bridge.synthesis.drive import Workshop
    from carla_bridge.synthesis.plan import DrivePlan
    from carla_bridge.synthesize import Serve

_PATH = click.Path(path_type=Path)
synthesize_options = options(
    click.option("--out", type=_PATH, required=True, help="The dataset, a folder to make or to go on with."),
    click.option("--config", "config_path", type=_PATH, help="YAML, see configs/synthesize.yaml."),
    click.option("--samples", type=click.IntRange(min=1), help="Pictures in all.  [default: 200]"),
    click.option("--formats", help="Of cityscapes,coco,yolo,kitti,bdd100k.  [default: cityscapes,coco]"),
    click.option("--seed", type=click.IntRange(min=0), help="Of everything that is drawn.  [default: 0]"),
    click.option("--host", help="A CARLA server of yours.  [default: a stand-in of our own]"),
    click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: 2000]"),
    click.option(
        "--workers", type=click.IntRange(1, 64), help="Stand-ins at once, a process each.  [default: 1]"
    ),
    edit_option,
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        help="ray: many drives at once, pip install 'carla-bridge[scale]'.  [default: local]",
    ),
    click.option("--address", help="Of a Ray cluster.  [default: this machine]"),
    click.option("--checkpoint", help=f"A shipped name or a path.  [default: {SHIPPED}]"),
    click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]"),
    click.option("--backend", help=f"{BACKENDS}  [default: auto]"),
)


# where each option stands in the config file
KEYS = ("samples", "seed", "workers", "checkpoint", "device", "backend", "engine", "address")
# where it is made; what is made stays the same
WHEREABOUTS = ("servers", "workers", "device", "backend", "engine", "address", "cpus_per_engine")


@click.command()
@synthesize_options
def synthesize(
    out: Path,
    config_path: Path | None,
    formats: str | None,
    host: str | None,
    port: int | None,
    **given: Any,
) -> None:
    """Make a labelled dataset: drive through towns, weathers and traffic, and keep photos with their labels.

    Stopped or killed, the same command goes on where it was. The same config and seed give the same files.

    Example: carla-bridge synthesize --samples 200 --formats cityscapes,coco --out dataset
    """
    from carla_bridge.synthesize import to_be_driven

    values = {key: given[key] for key in KEYS}
    values["formats"] = listed(formats) if formats else None
    values["servers"] = _address(host, port)
    values["edits"] = given["edits"] or None
    config = read_config(config_path, values)
    simulators = [server.host for server in config.servers] or ["127.0.0.1"]
    threads = threads_beside(simulators[0], overlap=True)
    engine = load_named(config.checkpoint, config.device, config.backend, threads=threads)
    folder = find_folder(out, config, engine)
    with folder.alone():
        folder.prepare()
        if folder.is_finished():
            click.echo(f"{out} is done already")
            return
        workshop = _workshop(folder, config, engine)
        _drive(to_be_driven(folder), folder, config, workshop)
        _finish(folder, workshop, config)


def read_config(path: Path | None, values: dict[str, Any]) -> "SynthesizeConfig":
    """Return the file's settings with what was given on the command line put over them."""
    from carla_bridge.config import ConfigRefused, load_config
    from carla_bridge.formats.registry import FORMATS
    from carla_bridge.synthesis.config import SynthesizeConfig

    config = load_config(path, SynthesizeConfig, values)
    for name in config.formats:
        if name not in FORMATS:
            source = str(path) if path and values["formats"] is None else "--formats"
            raise ConfigRefused(source, f"{name!r} is no format; there are {', '.join(FORMATS)}")
    return config


def find_folder(out: Path, config: "SynthesizeConfig", engine: "NamedEngine") -> "DatasetFolder":
    """Return the dataset's folder with what was drawn for it."""
    from importlib.metadata import version

    from carla_bridge.edits.recipe import load_recipe
    from carla_bridge.synthesis.dataset import DatasetFolder
    from carla_bridge.synthesis.plan import draw_plan

    about = {
        "made_by": f"carla-bridge {version('carla-bridge')}",
        "config": config.model_dump(mode="json", exclude={*WHEREABOUTS, "edits"}),
        "edits": [load_recipe(path).model_dump(mode="json") for path in config.edits],
        "checkpoint": {
            "name": engine.checkpoint,
            "sha256": engine.checkpoint_sha256,
            "engine": engine.kind,
            "about": engine.about,
            "licence": engine.licence,
        },
    }
    return DatasetFolder(out, about, draw_plan(config))


def _drive(
    plans: "Sequence[DrivePlan]", folder: "DatasetFolder", config: "SynthesizeConfig", workshop: "Workshop"
) -> None:
    from carla_bridge.crew import drive_together
    from carla_bridge.drive_standins import standin_of, standins_ahead
    from carla_bridge.progress import frame_progress
    from carla_bridge.synthesize import count_samples, run_drive

    serves: list[Serve] = [partial(_on, address) for address in config.servers]
    serves = serves or [standin_of] * config.workers
    with frame_progress(config.samples, "synthesizing") as progress:
        if config.engine == "ray" and plans:
            _drive_on_ray(plans, folder, config, progress)
            return
        if len(serves) > 1:
            equip = partial(_equip, folder, config, len(serves))
            drive_together(plans, folder, equip, serves, lambda: progress(count_samples(folder)))
            return
        with nullcontext(serves[0]) if config.servers else standins_ahead(plans) as serve:
            for plan in plans:
                others = count_samples(folder) - count_samples(folder, plan)
                run_drive(plan, folder, workshop, serve, partial(_beyond, progress, others))


def _drive_on_ray(
    plans: "Sequence[DrivePlan]", folder: "DatasetFolder", config: "SynthesizeConfig", progress: "Told"
) -> None:
    from carla_bridge.drive_standins import standin_of
    from carla_bridge.scale_drives import drive_on_ray
    from carla_bridge.synthesize import count_samples

    equip = partial(_equip, folder.anywhere(), config, 1)
    drive_on_ray(
        plans,
        folder.anywhere(),
        equip,
        standin_of,
        lambda: progress(count_samples(folder)),
        address=config.address,
        cpus_per_engine=config.cpus_per_engine,
    )


def _beyond(progress: "Told", others: int, done: int) -> None:
    progress(others + done)


def _finish(folder: "DatasetFolder", workshop: "Workshop", config: "SynthesizeConfig") -> None:
    from carla_bridge.synthesis.report import write_report

    manifest = folder.finish(workshop.formats)
    write_report(folder.path, folder.records(), manifest, folder.previews)
    counts = ", ".join(f"{count} {split}" for split, count in manifest["samples_of_split"].items())
    click.echo(
        f"wrote {manifest['samples']} samples ({counts}) to {folder.path}: {', '.join(config.formats)}"
    )
    for name, end in manifest["ends"].items():
        if end["samples"] < end["planned"]:
            click.echo(
                f"drive {name} gave {end['samples']} of {end['planned']} samples within "
                f"{config.keyframes.longest_s:g} simulated seconds; lower keyframes.min_distance_m or at_least for more"
            )


def _workshop(folder: "DatasetFolder", config: "SynthesizeConfig", engine: "NamedEngine") -> "Workshop":
    from carla_bridge.edits.recipe import load_recipe
    from carla_bridge.formats.registry import FORMATS
    from carla_bridge.synthesis.drive import Workshop

    formats = {name: FORMATS[name](folder.path / name) for name in config.formats}
    recipes = tuple(load_recipe(path) for path in config.edits)
    return Workshop(engine.paint, formats, config.keyframes, config.min_object_px, folder.previews, recipes)


def _equip(folder: "DatasetFolder", config: "SynthesizeConfig", workers: int) -> "Workshop":
    """Return the workshop of one of several processes, which share the processors."""
    import os

    os.environ.setdefault(
        "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers))
    )  # before torch comes
    return _workshop(folder, config, load_named(config.checkpoint, config.device, config.backend, say=False))


def _on(address: "ServerConfig", plan: "DrivePlan") -> "AbstractContextManager[ServerConfig]":
    from carla_bridge.synthesize import loaded

    return loaded(address, plan)


def _address(host: str | None, port: int | None) -> list[dict[str, Any]] | None:
    given = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    return [given] if given else None
