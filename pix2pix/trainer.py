"""The training loop of pix2pix, read top to bottom: discriminator step, generator step, average, save."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pix2pix import checkpoint
from pix2pix.config import TrainConfig
from pix2pix.datasets.cityscapes import find_pairs
from pix2pix.datasets.crops import batch_at
from pix2pix.discriminator import PatchGAN
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator, initialize
from pix2pix.losses import discriminator_loss, generator_loss
from pix2pix.run_directory import (
    check_run,
    load_state,
    log_stats,
    make_card,
    save_state,
    write_config,
    writing,
)
from pix2pix.samples import sample_sheet
from pix2pix.tensors import to_signed

Progress = Callable[[int, dict[str, float]], None]  # step, losses


def train(
    config: TrainConfig,
    *,
    data: Path,
    out: Path,
    resume: bool = False,
    device: str = "cpu",
    progress: Progress = lambda step, losses: None,
) -> Path:
    """Train and return the checkpoint's path; `out` becomes a run directory that can be resumed at any time."""
    # Data: everything that a step sees follows from its number
    pairs = find_pairs(data, "train", skip=config.skip)
    held_out = find_pairs(data, "val") if (data / "leftImg8bit" / "val").is_dir() else pairs
    check_run(out, resume=resume)

    # Networks
    torch.manual_seed(config.seed)
    generator = Generator(config.generator, config.classes).to(device)
    discriminator = PatchGAN(generator.label_input.channels, config.discriminators[0]).to(device)
    initialize(generator)
    initialize(discriminator)
    average: AveragedModel = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    adam: dict[str, Any] = {"lr": config.learning_rate, "betas": (0.5, 0.999)}
    generator_adam = torch.optim.Adam(generator.parameters(), **adam)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), **adam)
    parts = {
        "generator": generator,
        "discriminator": discriminator,
        "average": average,
        "generator_adam": generator_adam,
        "discriminator_adam": discriminator_adam,
    }
    first_step, seconds_before = load_state(out, parts) if resume else (0, 0.0)
    write_config(out, config)  # only now: a state of another config was refused
    started = time.monotonic()

    for step in range(first_step, config.steps):
        rate = learning_rate_at(step, config)
        for group in generator_adam.param_groups + discriminator_adam.param_groups:
            group["lr"] = rate
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout follows from the step as well
        batch = batch_at(step, pairs, config)
        label_ids = torch.from_numpy(batch.label_ids).to(device)
        real = to_signed(torch.from_numpy(batch.photo_rgb).to(device))
        ignored = torch.from_numpy(batch.ignored).to(device)[:, None]
        labels = generator.label_input(label_ids)

        fake = torch.where(ignored, real, generator(label_ids))  # where nothing is judged, nothing differs

        # Discriminator: which is real?
        real_features = discriminator(labels, real)
        fake_scores = discriminator(labels, fake.detach())[-1]
        d_loss = discriminator_loss(real_features[-1], fake_scores, gan=config.gan)
        discriminator_adam.zero_grad(set_to_none=True)
        d_loss.backward()
        discriminator_adam.step()

        # Generator: fool it, and stay near the photo
        discriminator.requires_grad_(False)
        g_loss = generator_loss(
            discriminator(labels, fake),
            real_features,
            fake,
            real,
            gan=config.gan,
            l1_weight=config.l1_weight,
            feature_weight=config.feature_weight,
        )
        generator_adam.zero_grad(set_to_none=True)
        g_loss.total.backward()
        generator_adam.step()
        discriminator.requires_grad_(True)
        average.update_parameters(generator)

        # Maintenance
        losses = {"d": d_loss.item()} | {name: loss.item() for name, loss in g_loss._asdict().items()}
        if not all(np.isfinite(loss) for loss in losses.values()):
            raise Pix2PixError(
                f"the loss is not finite at step {step}: {losses}; the last good state is in {out}, "
                "resume with a lower --learning-rate"
            )
        log_stats(out, step, losses, rate)
        progress(step, losses)
        done = step + 1
        if done % config.sample_every == 0 or done == config.steps:
            sheet_png = sample_sheet(average.module, held_out, config, device)
            with writing(out / "samples" / f"step-{done:06d}.png") as partial:
                partial.write_bytes(sheet_png)
        if done % config.save_every == 0 or done == config.steps:
            seconds = seconds_before + time.monotonic() - started
            card = make_card(config, steps=done, images=len(pairs), hours=seconds / 3600, device=device)
            with writing(out / "generator.safetensors") as partial:
                checkpoint.save(partial, average.module, card)
            save_state(out, parts, done, seconds)
    return out / "generator.safetensors"


def learning_rate_at(step: int, config: TrainConfig) -> float:
    """Return the constant rate, then its linear fall to 0 (the published recipe's schedule)."""
    start = config.decay_from * config.steps
    if step < start:
        return config.learning_rate
    return config.learning_rate * (config.steps - step) / max(config.steps - start, 1)
