"""The published pix2pix recipe, written plainly, as the yardstick for the trainer.

    python benchmarks/plain_recipe.py --data PATH/TO/camvid --out plain.safetensors --steps 8000

U-Net-256 (ngf 64, batch norm, dropout) on the label palette, 70×70 PatchGAN (ndf 64), vanilla GAN + 100 × L1, Adam
2e-4 with betas 0.5 and 0.999, batch 1, resize to 286×286, random 256×256 crop and flip, constant rate for half of
the steps, then a linear fall; fp32, eager. PNG and JPEG are decoded per item, as the published loader does.
Nothing here is shared with the trainer but the reading of files and the format of the checkpoint.
"""

import platform
import random
import time
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from torch import nn

from pix2pix import checkpoint
from pix2pix.classes import PALETTE_RGB
from pix2pix.config import load_train_config
from pix2pix.datasets import open_dataset
from pix2pix.generators import Generator
from pix2pix.generators.published import from_published


class Block(nn.Module):
    """One level of the U-Net around the levels below it."""

    def __init__(self, outer, inner, *, inside=None, source=None, outermost=False, dropout=False):
        super().__init__()
        source = source or outer
        down = nn.Conv2d(source, inner, 4, 2, 1, bias=False)
        self.outermost = outermost
        if outermost:
            up = nn.ConvTranspose2d(2 * inner, outer, 4, 2, 1)
            layers = [down, inside, nn.ReLU(True), up, nn.Tanh()]
        elif inside is None:
            up = nn.ConvTranspose2d(inner, outer, 4, 2, 1, bias=False)
            layers = [nn.LeakyReLU(0.2, True), down, nn.ReLU(True), up, nn.BatchNorm2d(outer)]
        else:
            up = nn.ConvTranspose2d(2 * inner, outer, 4, 2, 1, bias=False)
            layers = [nn.LeakyReLU(0.2, True), down, nn.BatchNorm2d(inner), inside]
            layers += [nn.ReLU(True), up, nn.BatchNorm2d(outer)]
            layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        """Return the level's output, joined with its input unless it is the outermost."""
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class PlainUNet(nn.Module):
    """U-Net-256."""

    def __init__(self, width=64):
        super().__init__()
        block = Block(8 * width, 8 * width)
        for _ in range(3):
            block = Block(8 * width, 8 * width, inside=block, dropout=True)
        for outer, inner in ((4, 8), (2, 4), (1, 2)):
            block = Block(outer * width, inner * width, inside=block)
        self.model = Block(3, width, inside=block, source=3, outermost=True)

    def forward(self, x):
        """Return the photo."""
        return self.model(x)


def plain_patchgan(width=64):
    """Return the 70×70 PatchGAN on label palette and photo."""
    layers = [nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for source, target, stride in ((1, 2, 2), (2, 4, 2), (4, 8, 1)):
        layers += [nn.Conv2d(source * width, target * width, 4, stride, 1, bias=False)]
        layers += [nn.BatchNorm2d(target * width), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


def initialize(module):
    """N(0, 0.02), and N(1, 0.02) for the scales of norms."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def read(dataset, index):
    """Return palette and photo, 1,3,256,256 in -1..1: resized to 286×286, cropped, flipped."""
    sample = dataset[index]
    label_rgb = cv2.resize(PALETTE_RGB[sample.label_ids], (286, 286), interpolation=cv2.INTER_NEAREST)
    photo_rgb = cv2.resize(sample.photo_rgb, (286, 286), interpolation=cv2.INTER_CUBIC)
    top, left = random.randint(0, 30), random.randint(0, 30)
    window = np.s_[top : top + 256, left : left + 256]
    flip = random.random() < 0.5
    pair = [p[window][:, ::-1] if flip else p[window] for p in (label_rgb, photo_rgb)]
    return [torch.from_numpy(p.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1 for p in pair]


class PlainTraining:
    """Both networks and their optimisers."""

    def __init__(self, device):
        self.generator, self.judge = PlainUNet().to(device), plain_patchgan().to(device)
        self.generator.apply(initialize)
        self.judge.apply(initialize)
        self.g_adam = torch.optim.Adam(self.generator.parameters(), 2e-4, (0.5, 0.999))
        self.d_adam = torch.optim.Adam(self.judge.parameters(), 2e-4, (0.5, 0.999))
        self.gan, self.l1 = nn.BCEWithLogitsLoss(), nn.L1Loss()

    def set_rate(self, rate):
        """Set both learning rates."""
        for adam in (self.g_adam, self.d_adam):
            adam.param_groups[0]["lr"] = rate

    def step(self, label, real):
        """Judge, then generator, once."""
        fake = self.generator(label)
        self.judge.requires_grad_(True)
        self.d_adam.zero_grad()
        says_fake = self.judge(torch.cat([label, fake.detach()], 1))
        says_real = self.judge(torch.cat([label, real], 1))
        d_loss = self.gan(says_fake, torch.zeros_like(says_fake)) + self.gan(
            says_real, torch.ones_like(says_real)
        )
        (0.5 * d_loss).backward()
        self.d_adam.step()
        self.judge.requires_grad_(False)
        self.g_adam.zero_grad()
        says = self.judge(torch.cat([label, fake], 1))
        (self.gan(says, torch.ones_like(says)) + 100 * self.l1(fake, real)).backward()
        self.g_adam.step()


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Folder or pack, see pix2pix train."
)
@click.option(
    "--config", type=click.Path(path_type=Path), default="configs/train-camvid.yaml", help="For its classes."
)
@click.option("--out", type=click.Path(path_type=Path), help="Checkpoint to write.")
@click.option("--steps", default=8000)
@click.option("--device", default="cpu")
def main(data, config, out, steps, device):
    """Train as published and write a checkpoint that `pix2pix evaluate` reads."""
    config = load_train_config(config)
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    dataset = open_dataset(data, "train", skip=config.skip)
    training = PlainTraining(device)
    order: list[int] = []
    started = time.perf_counter()
    for step in range(steps):
        training.set_rate(2e-4 * min(1.0, 2 * (steps - step) / steps))
        if not order:
            order = random.sample(range(len(dataset)), len(dataset))
        training.step(*(picture.to(device) for picture in read(dataset, order.pop())))
        if (step + 1) % 100 == 0 or step + 1 == steps:
            each_s = (time.perf_counter() - started) / (step + 1)
            print(
                f"{step + 1}/{steps} steps, {1000 * each_s:.0f} ms each, {1 / each_s:.2f} images/s",
                flush=True,
            )
    if out:
        hours = (time.perf_counter() - started) / 3600
        save(out, training.generator, config, len(dataset), steps, hours, device)


def save(out, plain, config, images, steps, hours, device):
    """Write the generator as one of our checkpoints, to run as the published test script runs it."""
    settings, state = from_published({key: value.cpu() for key, value in plain.state_dict().items()})
    generator = Generator(settings, config.classes)
    generator.network.load_state_dict(state)
    machine = torch.cuda.get_device_name() if device.startswith("cuda") else platform.machine()
    card = checkpoint.Card(
        name="plain",
        generator=settings,
        classes=config.classes,
        crop_px=256,
        data=config.about,
        data_licence=config.data_licence,
        licence=config.licence,
        steps=steps,
        images=images,
        hours=round(hours, 2),
        machine=machine,
        versions={"torch": torch.__version__},
        notes="the published pix2pix recipe, written plainly (benchmarks/plain_recipe.py)",
    )
    checkpoint.save(out, generator, card)


if __name__ == "__main__":
    main()
