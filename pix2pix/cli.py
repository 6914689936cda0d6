"""`pix2pix`: train generators on photos with label maps."""

import click

from pix2pix.cli_bench import bench
from pix2pix.cli_distill import distill
from pix2pix.cli_evaluate import evaluate
from pix2pix.cli_export import export
from pix2pix.cli_import import import_weights
from pix2pix.cli_pack import pack
from pix2pix.cli_segmenter import train_segmenter_command
from pix2pix.cli_train import train
from pix2pix.commands import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carla-bridge")
def main() -> None:
    """Label maps in, photos out: train pix2pix generators for driving scenes."""


main.add_command(train)
main.add_command(pack)
main.add_command(train_segmenter_command)
main.add_command(distill)
main.add_command(evaluate)
main.add_command(bench)
main.add_command(export)
main.add_command(import_weights)

if __name__ == "__main__":
    main()
