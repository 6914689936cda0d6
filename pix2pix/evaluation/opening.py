"""What an evaluation needs, opened by name: generators, the judge, and real photos of the other split."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pix2pix import checkpoint
from pix2pix.datasets import Dataset, Selection, open_split
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.distances import inception_features, segmenter_features
from pix2pix.evaluation.evaluate import Painter, engine_painter
from pix2pix.evaluation.scoring import Judge
from pix2pix.inference import load
from pix2pix.segmenter import load_segmenter


def open_painters(names_or_paths: Sequence[str], *, device: str, backend: str = "eager") -> list[Painter]:
    """Return the generators; two of one name are told apart by their folders."""
    files = [checkpoint.resolve(name) for name in names_or_paths]
    if len({file.resolve() for file in files}) < len(files):
        raise Pix2PixError("a checkpoint is named twice; name each once")
    engines = [load(file, device=device, backend=backend) for file in files]
    names = [engine.card.name for engine in engines]
    if "real" in names or max(Counter(names).values()) > 1:
        names = [
            name if names.count(name) == 1 and name != "real" else f"{name} ({file})"
            for name, file in zip(names, files, strict=True)
        ]
    return [
        Painter(name, engine_painter(engine), engine.card, file)
        for name, engine, file in zip(names, engines, files, strict=True)
    ]


def open_judge(
    segmenter: str | Path, *, device: str, inception: Path | None = None
) -> tuple[Judge, dict[str, Any]]:
    """Return the judge, and what a report should say of it."""
    network, card = load_segmenter(segmenter)
    network.to(device)
    if inception is None:
        embed, features = segmenter_features(network, device), f"the segmenter {card.name}'s"
    else:
        embed, features = inception_features(inception, device), "Inception's pool3"
    about = {"segmenter": card.model_dump(mode="json"), "features": features}
    return Judge(network, card.classes, embed, device), about


def open_other_real(data: Path, split: str) -> Dataset | None:
    """Return the training split, whose photos' distance no generator need beat; None when that is judged itself."""
    return None if split == "train" else open_split(data, "train", Selection())
