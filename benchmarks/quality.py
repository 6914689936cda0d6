"""The quality of the shipped generators, by one command.

    python benchmarks/quality.py --data PATH/TO/camvid [--checkpoint runs/mine/generator.safetensors]

Every shipped generator and every other one named is scored on the held-out photos; prints Markdown. Without --data it
takes the folder camvid of $CARLA_BRIDGE_DATA.
"""

import os
import time
from pathlib import Path

import click

from pix2pix.checkpoint import shipped_names
from pix2pix.datasets import open_dataset
from pix2pix.evaluation.evaluate import evaluate, work
from pix2pix.evaluation.opening import open_judge, open_other_real, open_painters
from pix2pix.evaluation.report import write_report
from pix2pix.evaluation.table import markdown
from pix2pix.evaluation.video import open_video
from pix2pix.inference import choose_device
from pix2pix.outputs import check_new
from pix2pix.progress import counting


@click.command()
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--checkpoint", "others", multiple=True, help="Beside the shipped ones; repeatable.")
@click.option("--segmenter", default="camvid", show_default=True)
@click.option("--video", type=click.Path(path_type=Path), help="Label maps in order, for the flicker.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to make for the HTML report.")
@click.option("--device", default="auto", show_default=True)
def main(data, others, segmenter, video, out, device):
    """Print the table."""
    if data is None:
        if "CARLA_BRIDGE_DATA" not in os.environ:
            raise click.UsageError("say where the photos are by --data or $CARLA_BRIDGE_DATA")
        data = Path(os.environ["CARLA_BRIDGE_DATA"]) / "camvid"
    if out:
        check_new(out)
    started = time.perf_counter()
    chosen, reason = choose_device(device)
    judge, about = open_judge(segmenter, device=chosen)
    painters = open_painters([*shipped_names(), *others], device=chosen)
    dataset = open_dataset(data, "val")
    frames = open_video(video) if video else None
    with counting("pictures", work(len(painters), len(dataset), len(frames) if frames else 0)) as done:
        found = evaluate(
            painters, dataset, judge, other_real=open_other_real(data, "val"), video=frames, done=done
        )
    if out:
        write_report(out, found, painters, dataset, {"data": data.name, "split": "val", **about})
    print(
        f"{len(dataset)} held-out photos of {data.name}, judged by {segmenter}, on {chosen} ({reason}), ",
        end="",
    )
    print(f"{time.perf_counter() - started:.0f} s\n\n{markdown(found)}")


if __name__ == "__main__":
    main()
