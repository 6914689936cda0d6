"""`carla-bridge convert`: stored drives into video. Heavy imports stay inside."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.cli_options import BACKENDS, SHIPPED, edit_option, load_named, options
from carla_bridge.errors import BridgeError

if TYPE_CHECKING:
    from carla_bridge.batch import Item, Outcome
    from carla_bridge.config import ConvertConfig
    from carla_bridge.convert import ConvertSettings

_PATH = click.Path(path_type=Path)
convert_options = options(
    click.option("--out", type=_PATH, required=True, help="The folder for videos and manifests."),
    click.option("--config", "config_path", type=_PATH, help="YAML, see configs/convert.yaml."),
    click.option("--overwrite", is_flag=True, help="Replace videos that were made otherwise."),
    click.option("--checkpoint", help=f"A shipped name or a path.  [default: {SHIPPED}]"),
    click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]"),
    click.option("--backend", help=f"{BACKENDS}  [default: auto]"),
    click.option(
        "--side-by-side/--no-side-by-side", default=None, help="Label | photo instead of the photo alone."
    ),
    click.option(
        "--images",
        type=click.Choice(["none", "png", "jpg"]),
        help="Every photo as a file of its own, too.  [default: none]",
    ),
    click.option(
        "--into-recording/--no-into-recording",
        default=None,
        help="A copy of each recording with the photos in it, too.",
    ),
    edit_option,
    click.option(
        "--compare/--no-compare",
        default=None,
        help="With --edit: the photo of the original scene | that of the manipulated one.",
    ),
    click.option("--batch-size", type=click.IntRange(1, 256), help="Frames at once.  [default: 4]"),
    click.option("--crf", type=click.IntRange(0, 51), help="Smaller: better and larger.  [default: 20]"),
    click.option(
        "--unknown-tags",
        type=click.Choice(["refuse", "unlabeled"]),
        help="Tags without a row in the table.  [default: refuse]",
    ),
    click.option("--tag-table", help="The release of raw tags or colours, such as 0.9.12; or cityscapes."),
    click.option(
        "--fps",
        "fps_hz",
        type=click.FloatRange(min=0.1, max=1000),
        help="Of label maps that are no recording.  [default: 20]",
    ),
    click.option(
        "--fov", "fov_deg", type=click.FloatRange(min=1, max=179), help="Theirs, too.  [default: 90]"
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        help="ray: many items at once, pip install 'carla-bridge[scale]'.  [default: local]",
    ),
    click.option("--address", help="Of the Ray cluster.  [default: a cluster of this machine alone]"),
    click.option(
        "--cpus-per-engine", type=click.IntRange(min=1), help="Of a Ray cluster without GPUs.  [default: 2]"
    ),
)


@click.command()
@click.argument("sources", nargs=-1, required=True)
@convert_options
def convert(
    sources: tuple[str, ...], out: Path, config_path: Path | None, overwrite: bool, **given: Any
) -> None:
    """Turn recordings, folders of label maps and globs of them into realistic video, one mp4 per camera.

    Stopped or killed, the same command goes on where it was; what is done is skipped.

    Example: carla-bridge convert drive.mcap 'old/*.mcap' --out videos --side-by-side
    """
    from carla_bridge.batch import Item, find_sources, put_photos_into_recordings
    from carla_bridge.config import ConvertConfig, load_config
    from carla_bridge.edits.recipe import load_recipe
    from carla_bridge.sources import ImportSettings, find_paths, told_apart

    given["edits"] = given["edits"] or None
    config = load_config(config_path, ConvertConfig, given)
    _check(config)
    importing = ImportSettings(config.tag_table, config.fps_hz, config.fov_deg)
    found, failures = find_sources(find_paths(sources), importing)
    recipes = tuple(load_recipe(path) for path in config.edits)
    settings = _settings(config, [recipe.sha256 for recipe in recipes])
    items = [Item(source, out, settings, overwrite, recipes) for source in told_apart(found)]
    outcomes = [*failures, *_told(_convert_all(items, config))]
    if config.into_recording:
        failed = {outcome.name for outcome in outcomes if outcome.failed}
        outcomes += _told(put_photos_into_recordings(items, failed))
    failures = [outcome for outcome in outcomes if outcome.failed]
    for failure in failures:
        click.echo(f"failed: {failure.sentence}", err=True)
    if failures:
        raise BridgeError(f"{len(failures)} of {len(outcomes)} items failed; the rest is done")


def _check(config: "ConvertConfig") -> None:
    """Refuse what contradicts itself."""
    if config.side_by_side and config.into_recording:
        raise BridgeError("--into-recording puts photos alone beside the labels; leave out --side-by-side")
    if config.edits and config.into_recording:
        raise BridgeError("--into-recording puts photos beside the original labels; leave out --edit")
    if config.compare and not config.edits:
        raise BridgeError(
            "--compare shows a scene before and after --edit; name a recipe, such as in configs/edits/"
        )
    if config.compare and config.side_by_side:
        raise BridgeError("--compare and --side-by-side ask for different pictures; leave out one of them")


def _settings(config: "ConvertConfig", edits: "Sequence[str]") -> "ConvertSettings":
    from carla_bridge.convert import ConvertSettings

    return ConvertSettings(
        side_by_side=config.side_by_side,
        images=None if config.images == "none" else config.images,
        batch_size=config.batch_size,
        crf=config.crf,
        tag_table=config.tag_table,
        unknown_tags=config.unknown_tags,
        edits=" ".join(edits),
        compare=config.compare,
    )


def _told(outcomes: "Iterator[Outcome]") -> "Iterator[Outcome]":
    """Yield them, each with a line for people if it went well."""
    for outcome in outcomes:
        if not outcome.failed:
            click.echo(outcome.sentence)
        yield outcome


def _convert_all(items: "list[Item]", config: "ConvertConfig") -> "Iterator[Outcome]":
    from functools import partial

    from carla_bridge.batch import convert_each

    load = partial(load_named, config.checkpoint, config.device, config.backend)
    if not items:
        return iter(())
    if config.engine == "local":
        return convert_each(items, load)
    from carla_bridge.scale import convert_on_ray

    return convert_on_ray(items, load, address=config.address, cpus_per_engine=config.cpus_per_engine)
