"""What a frame costs between the camera and the generator, on one core: decode, map, colourise.

python -m benchmarks.labels
"""

import time
from collections.abc import Callable

import cv2
import numpy as np

from carla_bridge import labels
from carla_bridge.frames import decode_depth_m, decode_instance_ids, decode_rgb, decode_tags

WIDTH, HEIGHT, ROUNDS = 1280, 720, 200


def street(generator: np.random.Generator) -> np.ndarray:
    """Return a tag map of blocks, H×W uint8: runs of equal tags, as in a picture of a street."""
    blocks = generator.integers(0, 29, (HEIGHT // 16, WIDTH // 16), np.uint8)
    return blocks.repeat(16, axis=0).repeat(16, axis=1)


def measure_ms(stage: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the 95th percentile of a stage's time."""
    took_ms = []
    for _ in range(ROUNDS + 10):
        start_s = time.perf_counter()
        stage()
        took_ms.append((time.perf_counter() - start_s) * 1e3)
    return float(np.median(took_ms[10:])), float(np.percentile(took_ms[10:], 95))


def main() -> None:
    """Print one row per stage."""
    cv2.setNumThreads(1)
    table = labels.tag_table("0.9.14")
    bgra = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    bgra[..., 2] = street(np.random.default_rng(0))
    raw = bgra.tobytes()
    noise = np.random.default_rng(0).integers(0, 256, bgra.shape, np.uint8).tobytes()
    tags = decode_tags(raw, height=HEIGHT, width=WIDTH)
    label_ids = table.label_ids(tags)
    stages: dict[str, Callable[[], object]] = {
        "decode (BGRA → tags)": lambda: decode_tags(raw, height=HEIGHT, width=WIDTH),
        "decode (BGRA → instance ids)": lambda: decode_instance_ids(noise, height=HEIGHT, width=WIDTH),
        "decode (BGRA → depth in metres)": lambda: decode_depth_m(noise, height=HEIGHT, width=WIDTH),
        "decode (BGRA → RGB)": lambda: decode_rgb(noise, height=HEIGHT, width=WIDTH),
        "map (tags → label ids, unknown tags found)": lambda: table.label_ids(tags),
        "map (label ids → train ids)": lambda: labels.train_ids(label_ids),
        "colourise (label ids → RGB)": lambda: labels.colorize(label_ids),
    }
    print(f"{WIDTH}x{HEIGHT}, one thread, {ROUNDS} rounds")
    print(f"{'stage':44}{'median ms':>10}{'p95 ms':>10}")
    for name, stage in stages.items():
        median_ms, p95_ms = measure_ms(stage)
        print(f"{name:44}{median_ms:10.3f}{p95_ms:10.3f}")


if __name__ == "__main__":
    main()
