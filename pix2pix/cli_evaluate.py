"""`pix2pix evaluate`."""

from pathlib import Path

import click

from pix2pix.cli_options import device_option


@click.command()
@click.option(
    "--checkpoint", "checkpoints", multiple=True, required=True, help="Shipped name or file; repeatable."
)
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps, or a pack."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make for the report.")
@click.option("--split", default="val", show_default=True, help="Photos that no checkpoint has seen.")
@click.option(
    "--segmenter", default="camvid", show_default=True, help="Shipped name or file of `train-segmenter`."
)
@device_option
@click.option(
    "--backend",
    default="eager",
    show_default=True,
    help="How the generators run: eager scores the same on every machine; auto is the fastest.",
)
@click.option(
    "--inception", type=click.Path(path_type=Path), help="Inception's published weights, for the field's FID."
)
@click.option(
    "--video", type=click.Path(path_type=Path), help="Pack or folder of label maps in order, for the flicker."
)
def evaluate(
    checkpoints: tuple[str, ...],
    data: Path,
    out: Path,
    split: str,
    segmenter: str,
    device: str,
    backend: str,
    inception: Path | None,
    video: Path | None,
) -> None:
    """Score generators on label maps whose real photos they never saw; write an HTML report and JSON.

    Example: pix2pix evaluate --checkpoint fast --checkpoint runs/mine/generator.safetensors
    --data camvid.pack --out report
    """
    from pix2pix.datasets import open_dataset
    from pix2pix.evaluation.evaluate import evaluate as run
    from pix2pix.evaluation.evaluate import work
    from pix2pix.evaluation.opening import open_judge, open_other_real, open_painters
    from pix2pix.evaluation.report import write_report
    from pix2pix.evaluation.table import markdown
    from pix2pix.evaluation.video import open_video
    from pix2pix.inference import choose_device
    from pix2pix.outputs import check_new
    from pix2pix.progress import counting

    check_new(out)
    chosen, reason = choose_device(device)
    judge, about = open_judge(segmenter, device=chosen, inception=inception)
    painters = open_painters(checkpoints, device=chosen, backend=backend)
    dataset = open_dataset(data, split)
    frames = open_video(video) if video else None
    click.echo(f"{len(dataset)} photos, {len(painters)} checkpoints; on {chosen} ({reason})")
    with counting("pictures", work(len(painters), len(dataset), len(frames) if frames else 0)) as done:
        found = run(
            painters,
            dataset,
            judge,
            other_real=open_other_real(data, split),
            video=frames,
            done=done,
        )
    page = write_report(out, found, painters, dataset, {"data": data.name, "split": split, **about})
    click.echo(markdown(found))
    click.echo(f"wrote {page}")
