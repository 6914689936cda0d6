"""Size, work and eager speed of the generators on this machine, beside the paper's U-Net in the same run.

    python benchmarks/networks.py

Label ids in, float photo out, batch 1, random weights, channels_last; the runs take turns, and the median counts.
"""

from functools import partial

import click
import torch
from torch.utils.flop_counter import FlopCounterMode

from pix2pix.benchmark import CLASSES, take_turns
from pix2pix.config import GeneratorConfig
from pix2pix.generators import Generator, initialize

NETWORKS = {
    "unet 64": GeneratorConfig(norm="batch"),
    "spade 40, depth 1": GeneratorConfig(architecture="spade", width=40, levels=5, noise=True),
    "spade 40, depth 2": GeneratorConfig(architecture="spade", width=40, levels=5, depth=2, noise=True),
    "fast 16": GeneratorConfig(architecture="fast", width=16, levels=5, noise=True),
    "fast 24": GeneratorConfig(architecture="fast", width=24, levels=5, noise=True),
    "fast 32": GeneratorConfig(architecture="fast", width=32, levels=5, noise=True),
    "fast 32, depth 2": GeneratorConfig(architecture="fast", width=32, levels=5, depth=2, noise=True),
    "fast 48": GeneratorConfig(architecture="fast", width=48, levels=5, noise=True),
}
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def make(config: GeneratorConfig, dtype: torch.dtype) -> Generator:
    """Return the generator with fresh weights, in eval mode."""
    torch.manual_seed(0)
    generator = Generator(config, CLASSES).eval()
    initialize(generator)
    return generator.to(dtype).to(memory_format=torch.channels_last)


@click.command()
@click.option("--rounds", default=9)
@click.option("--threads", default=2)
def main(rounds: int, threads: int) -> None:
    """Print the table."""
    torch.set_num_threads(threads)
    print("| network | size | M params | GMAC | fp32 ms | bf16 ms | U-Net fp32 / fp32, bf16 |")
    print("|---|---|---|---|---|---|---|")
    with torch.inference_mode():
        for height, width in ((256, 512), (512, 1024)):
            label_ids = torch.randint(0, 34, (1, height, width), dtype=torch.uint8)
            generators = {f"{n}/{t}": make(c, d) for n, c in NETWORKS.items() for t, d in TYPES.items()}
            calls = {name: partial(generator, label_ids) for name, generator in generators.items()}
            ms = {name: found.median_ms for name, found in take_turns(calls, rounds=rounds).items()}
            for name in NETWORKS:
                generator = generators[f"{name}/fp32"]
                with FlopCounterMode(display=False) as counter:
                    generator(label_ids)
                params = sum(p.numel() for p in generator.parameters()) / 1e6
                fp32, bf16 = ms[f"{name}/fp32"], ms[f"{name}/bf16"]
                unet = ms["unet 64/fp32"]
                print(
                    f"| {name} | {width}×{height} | {params:.2f} | {counter.get_total_flops() / 2e9:.2f} "
                    f"| {fp32:.1f} | {bf16:.1f} | {unet / fp32:.1f}×, {unet / bf16:.1f}× |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
