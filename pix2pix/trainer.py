"""The training loop of pix2pix, read top to bottom: the judges' loss, the generator's loss, a step of both, save.

Unlike the paper's alternation both step from one and the same generated photo, so that a batch can be worked
through in parts without generating it twice.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pix2pix import checkpoint
from pix2pix.board import open_board
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset
from pix2pix.datasets.batches import Batch, batch_at
from pix2pix.datasets.prefetch import prefetch
from pix2pix.errors import Pix2PixError
from pix2pix.losses import discriminator_loss, generator_loss
from pix2pix.networks import make_networks
from pix2pix.optimisation import learning_rate_at, set_rate
from pix2pix.outputs import writing
from pix2pix.perceptual import load_perceptual
from pix2pix.processes import Processes, check_shares
from pix2pix.run_directory import (
    Origin,
    Progressed,
    check_finite,
    check_run,
    cut_stats,
    load_state,
    log_stats,
    make_card,
    save_state,
    write_config,
)
from pix2pix.samples import sample_sheet, to_png
from pix2pix.tensors import to_signed
from pix2pix.validation import MEASURE, Best, Validation, check_judge, improves

Progress = Callable[[int, dict[str, float]], None]  # steps done, losses
LOG_EVERY = {"cpu": 1, "cuda": 20}  # steps; reading a loss makes the GPU wait


def train(
    config: TrainConfig,
    *,
    dataset: Dataset,
    held_out: Dataset,
    out: Path,
    resume: bool = False,
    init: Path | None = None,
    device: str = "cpu",
    max_minutes: float = float("inf"),
    workers: int = 2,
    validation: Validation | None = None,
    tensorboard: bool = False,
    processes: Processes = Processes(),  # noqa: B008 - frozen
    stop: Callable[[], bool] = lambda: False,
    origin: Origin = Origin(),  # noqa: B008 - frozen
    progress: Progress = lambda step, losses: None,
) -> Path:
    """Train and return the checkpoint's path; `out` becomes a run directory that can be resumed at any time.

    `init` is a checkpoint whose weights the generator starts from. With a `validation` every saved state is scored,
    and the best is kept in best.safetensors. `processes` share the batches out; the first of them writes. `stop` or
    `max_minutes` end the run early, with everything saved; the schedule stays that of `config.steps`. A run that is
    resumed must have the `origin` that it began with.
    """
    check_shares(config.batch_size, config.accumulate, processes.count)
    check_run(out, origin.sources, resume=resume)

    # Networks
    networks = make_networks(config, device, init=init)
    generator, judges, average, generator_adam, judges_adam, precision = networks
    perceptual = None
    if config.perceptual_weight:
        perceptual = load_perceptual(config.perceptual, config.perceptual_weights).to(device)
    before = load_state(out, networks) if resume else Progressed()
    notes = before.notes or origin.notes
    check_judge(before.best, validation)
    if processes.first:
        write_config(out, config, origin.sources)  # only now: a state of another config was refused
        cut_stats(out, before.step)
    if config.compile:
        networks.compile()
    judges_rate = config.discriminator_learning_rate or config.learning_rate
    log_every = LOG_EVERY["cuda" if device.startswith("cuda") else "cpu"]
    shown = tensorboard and processes.first
    best = before.best
    started = time.monotonic()

    # Batches: everything that a step sees follows from its number
    def make_batch(step: int) -> Batch:
        items = range(step * config.batch_size, (step + 1) * config.batch_size)
        return batch_at(processes.share(items), dataset, config)

    steps = range(before.step, config.steps)
    with (
        closing(prefetch(make_batch, steps, workers=workers)) as batches,
        open_board(out / "tensorboard", wanted=shown, first_step=before.step) as board,
    ):
        for step, batch in zip(steps, batches, strict=True):
            set_rate(generator_adam, learning_rate_at(step, config, config.learning_rate))
            set_rate(judges_adam, learning_rate_at(step, config, judges_rate))
            torch.manual_seed(config.seed * 1_000_003 + step + (processes.rank << 53))  # of dropout and noise
            generator_adam.zero_grad(set_to_none=True)
            judges_adam.zero_grad(set_to_none=True)
            losses: dict[str, Tensor] = {}

            for part in np.split(np.arange(len(batch.domain)), config.accumulate):
                label_ids, real, ignored, boundary, domain = _to_device(batch, part, device)
                channel = torch.where(ignored, 0, generator.label_input.channel(label_ids))
                labels = generator.label_input(label_ids, boundary, domain)
                with precision.autocast():
                    painted = generator(label_ids, boundary=boundary, domain=domain)
                fake = torch.where(ignored[:, None], real, painted.float())  # unjudged: nothing differs

                # Discriminators: which is real?
                with precision.autocast():
                    d_loss = discriminator_loss(
                        judges, config.discriminators, labels, channel, real, fake.detach(), gan=config.gan
                    )
                precision.backward(d_loss / config.accumulate)

                # Generator: fool them, and stay near the photo
                judges.requires_grad_(False)
                with precision.autocast():
                    g_loss = generator_loss(
                        judges, labels, channel, fake, real, config=config, perceptual=perceptual
                    )
                precision.backward(g_loss.total / config.accumulate)
                judges.requires_grad_(True)
                for name, loss in {"d": d_loss, **g_loss._asdict()}.items():
                    share = loss.detach() / config.accumulate
                    losses[name] = losses[name] + share if name in losses else share

            processes.average(networks.gradients())
            processes.average(networks.statistics())
            precision.step(judges_adam, generator_adam)
            average.update_parameters(generator)

            # Maintenance: all processes agree on what happens, the first one writes
            done = step + 1
            ends = done == config.steps
            saves = ends or done % config.save_every == 0
            if saves or step % log_every == 0:
                late = stop() or time.monotonic() - started > 60 * max_minutes
                values, early = processes.agree(losses, ends=late)
                if not all(np.isfinite(value) for value in values.values()):
                    raise Pix2PixError(
                        f"the loss is not finite at step {step}: {values}; the last good state is in {out}, "
                        "resume with a lower --learning-rate"
                    )
                ends, saves = ends or early, saves or early
                if saves:
                    check_finite(out, networks, done)
                if processes.first:
                    scores = validation.score(average.module) if validation and saves else {}
                    board.scalars(step, values | scores)
                    log_stats(
                        out, step, values | scores, learning_rate_at(step, config, config.learning_rate)
                    )
                    progress(done, values | scores)
            if processes.first and (ends or done % config.sample_every == 0):
                sheet_rgb = sample_sheet(average.module, held_out, config.crop_px, device)
                board.picture(step, sheet_rgb)
                with writing(out / "samples" / f"step-{done:06d}.png") as partial:
                    partial.write_bytes(to_png(sheet_rgb))
            if processes.first and saves:
                improved = improves(scores, best)
                best = Best(scores[MEASURE], done, validation.judge) if validation and improved else best
                progressed = Progressed(done, before.seconds + time.monotonic() - started, notes, best)
                images = len(set(dataset.names))  # one that is shown more often counts once
                card = make_card(config, progressed, images=images, device=device, metrics=scores)
                for name in ("generator", "best")[: 1 + improved]:
                    with writing(out / f"{name}.safetensors") as partial:
                        checkpoint.save(partial, average.module, card)
                save_state(out, networks, progressed)
            if ends:
                break
    return out / "generator.safetensors"


def _to_device(batch: Batch, part: np.ndarray, device: str) -> tuple[Tensor, ...]:
    """Return label ids, real photos in -1..1, ignored, boundary and domain of some of the batch."""
    moved = []
    for array in (batch.label_ids, batch.photo_rgb, batch.ignored, batch.boundary, batch.domain):
        tensor = torch.from_numpy(array[part])
        if device.startswith("cuda"):
            tensor = tensor.pin_memory().to(device, non_blocking=True)
        moved.append(tensor)
    label_ids, photo_rgb, ignored, boundary, domain = moved
    return label_ids, to_signed(photo_rgb), ignored, boundary, domain
