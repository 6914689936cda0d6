"""How fast generators run on this machine, taking turns with the paper's U-Net, so that every speed is a ratio too."""

import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from pix2pix.config import GeneratorConfig
from pix2pix.generators import Generator, initialize, pad
from pix2pix.inference import Engine
from pix2pix.tensors import to_photo

PLAIN = "plain U-Net-256, ngf 64"  # of Isola et al. 2017, eager, float32, as published code runs it
PLAIN_CONFIG = GeneratorConfig(norm="batch")
CLASSES = (7, 8, 11, 13, 17, 20, 21, 23, 24, 25, 26)
BLOCK_PX = 16  # of the label map: about as many edges as a street has


class Timing(NamedTuple):
    """What one call takes, in milliseconds."""

    median_ms: float
    p5_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Row:
    """One line of the table: net is the convolutions alone, engine the whole way from ids to bytes."""

    name: str
    backend: str
    precision: str
    size: str
    batch_size: int
    net: Timing
    engine: Timing
    frames_per_s: float
    times_plain: float  # engine against engine, in this run
    start_s: float  # of building or loading what the size needs, until the first photo


def bench(
    engines: Iterable[Engine], width: int, height: int, *, batch_size: int = 1, rounds: int
) -> list[Row]:
    """Return a row for each engine and the plain U-Net's before them."""
    engines = list(engines)
    label_ids = street(batch_size, height, width)
    start_s = [engine.warm_up(height, width, batch_size=batch_size) for engine in engines]
    calls = plain_calls(label_ids, engines[0].device if engines else torch.device("cpu"))
    with torch.inference_mode():
        for index, engine in enumerate(engines):
            calls[f"{index} net"] = engine.net(label_ids)
            calls[f"{index} engine"] = _call(engine, label_ids)
        found = take_turns(calls, rounds=rounds)
    base = found["plain engine"].median_ms

    def row(key: str, name: str, backend: str, precision: str, start: float) -> Row:
        engine_ms = found[f"{key} engine"]
        return Row(
            name,
            backend,
            precision,
            f"{width}×{height}",
            batch_size,
            found[f"{key} net"],
            engine_ms,
            frames_per_s=1000 * batch_size / engine_ms.median_ms,
            times_plain=base / engine_ms.median_ms,
            start_s=start,
        )

    rows = [row("plain", PLAIN, "eager", "float32", 0.0)]
    for index, engine in enumerate(engines):
        rows.append(row(f"{index}", engine.card.name, engine.backend, engine.precision, start_s[index]))
    return rows


def _call(engine: Engine, label_ids: np.ndarray) -> Callable[[], object]:
    return lambda: engine(label_ids)


def take_turns(calls: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, Timing]:
    """Time each call once per round, one after the other, after one round that doesn't count.

    A machine's speed changes while one measures; taken in turns, everything meets the same changes.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: _timing(values) for name, values in seconds.items()}


def _timing(seconds: list[float]) -> Timing:
    p5, p95 = np.quantile(seconds, (0.05, 0.95))
    return Timing(1000 * statistics.median(seconds), 1000 * float(p5), 1000 * float(p95))


def plain_calls(label_ids: np.ndarray, device: torch.device) -> dict[str, Callable[[], object]]:
    """Return the plain U-Net's calls, on the device where the others run; each ends when its work is done."""
    plain = plain_unet().to(device)
    ids = torch.from_numpy(label_ids)
    planes = plain.label_input(pad(ids.to(device), plain.stride), None, None)

    def net() -> None:
        plain.network(planes)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return {
        "plain net": net,
        "plain engine": lambda: to_photo(plain(ids.to(device))).contiguous().cpu().numpy(),
    }


def plain_unet() -> Generator:
    """Return the paper's generator with weights as drawn: they don't change its speed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Generator(PLAIN_CONFIG, CLASSES).eval()
        initialize(generator)
    return generator.requires_grad_(False)


def street(count: int, height: int, width: int) -> np.ndarray:
    """Return label maps of blocks, N,H,W uint8: the same on every machine."""
    rng = np.random.default_rng(0)
    blocks = rng.choice(CLASSES, (count, -(-height // BLOCK_PX), -(-width // BLOCK_PX))).astype(np.uint8)
    return np.ascontiguousarray(
        np.kron(blocks, np.ones((1, BLOCK_PX, BLOCK_PX), np.uint8))[:, :height, :width]
    )


def machine() -> dict[str, Any]:
    """Return what a figure means nothing without: processor, cores, what else was running, versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 2),  # 0: the machine was ours alone
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("carla-bridge", "torch", "openvino", "numpy")},
    }


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"model name\s*: (.*)", told)
    return found[1] if found else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def markdown(rows: Iterable[Row]) -> str:
    """Return the table for people."""
    lines = [
        "| generator | back end | size | net ms | engine ms (5 % … 95 %) | frames/s | × plain | first start s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        size = row.size if row.batch_size == 1 else f"{row.batch_size} × {row.size}"
        engine = row.engine
        lines.append(
            f"| {row.name} | {row.backend}, {row.precision} | {size} | {row.net.median_ms:.1f} "
            f"| {engine.median_ms:.1f} ({engine.p5_ms:.1f} … {engine.p95_ms:.1f}) | {row.frames_per_s:.1f} "
            f"| {row.times_plain:.1f} | {row.start_s:.1f} |"
        )
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows for programs."""
    return [asdict(row) | {"net": row.net._asdict(), "engine": row.engine._asdict()} for row in rows]
