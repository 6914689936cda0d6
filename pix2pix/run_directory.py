"""What one training run leaves on disk: config, stats.jsonl, samples, resumable state, the generator."""

import json
import os
import pickle
import platform
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
import yaml

from pix2pix.checkpoint import Card
from pix2pix.config import TrainConfig
from pix2pix.errors import Pix2PixError
from pix2pix.networks import Networks
from pix2pix.outputs import writing
from pix2pix.validation import Best

OURS = {
    "config.yaml",
    "sources.json",
    "stats.jsonl",
    "samples",
    "tensorboard",
}  # what a run leaves before its first state


class Origin(NamedTuple):
    """What a run learns from."""

    notes: str = ""  # for the checkpoint's card
    sources: Mapping[str, Any] = MappingProxyType(
        {}
    )  # by option: what must be the same when the run is resumed


class Progressed(NamedTuple):
    """How far a run is, and what the card says of how it began."""

    step: int = 0  # steps done
    seconds: float = 0.0
    notes: str = ""
    best: Best | None = None


def check_run(out: Path, sources: Mapping[str, Any], *, resume: bool) -> None:
    """Refuse a folder that holds other things, or a run that can't be resumed; one without a state starts anew.

    A run is resumed from the sources that it began with.
    """
    state = out / "state.pt"
    if resume and not state.is_file():
        raise Pix2PixError(f"nothing to resume in {out}: {state.name} is missing; start without --resume")
    if resume:
        _check_sources(out, sources)
        return
    if not out.exists():
        return
    if not out.is_dir():
        raise Pix2PixError(f"{out} is a file; name a folder with --out")
    found = {path.name for path in out.iterdir() if ".partial" not in path.name}
    if found - OURS:
        raise Pix2PixError(f"{out} is not empty; add --resume to go on with it or name another folder")
    (out / "stats.jsonl").unlink(missing_ok=True)


def write_config(out: Path, config: TrainConfig, sources: Mapping[str, Any]) -> None:
    """Write the resolved config and what the run learns from."""
    with writing(out / "config.yaml") as partial:
        text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
        partial.write_text(text, encoding="utf-8")
    with writing(out / "sources.json") as partial:
        partial.write_text(json.dumps(dict(sources), indent=1) + "\n", encoding="utf-8")


def check_finite(out: Path, networks: Networks, step: int) -> None:
    """Refuse to save weights that are not finite over good ones."""
    weights = [*networks.generator.parameters(), *networks.discriminators.parameters()]
    if not all(torch.isfinite(weight).all() for weight in weights):
        raise Pix2PixError(
            f"the weights are not finite after step {step}; the last good state is in {out}, "
            "resume with a lower --learning-rate"
        )


def save_state(out: Path, networks: Networks, progressed: Progressed) -> None:
    """Write everything that a resumed run needs, atomically."""
    parts = {name: part.state_dict() for name, part in networks._asdict().items()}
    so_far = progressed._asdict() | {"best": progressed.best._asdict() if progressed.best else None}
    with writing(out / "state.pt") as partial:
        torch.save(parts | so_far, partial)


def load_state(out: Path, networks: Networks) -> Progressed:
    """Read it back into the networks; return how far the run is."""
    path = out / "state.pt"
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        for name, part in networks._asdict().items():
            part.load_state_dict(state[name])
        best = Best(**state["best"]) if state.get("best") else None
        return Progressed(int(state["step"]), float(state["seconds"]), str(state.get("notes", "")), best)
    except (
        OSError,
        EOFError,
        RuntimeError,
        KeyError,
        ValueError,
        TypeError,
        pickle.UnpicklingError,
    ) as error:
        reason = str(error).splitlines()[0]
        raise Pix2PixError(
            f"{path} is damaged or of another config ({reason}); see {out / 'config.yaml'}"
        ) from error


def cut_stats(out: Path, steps: int) -> None:
    """Drop what a killed run had logged after its last state: those steps are run again."""
    path = out / "stats.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] < steps]
    with writing(path) as partial:  # a second kill must not cost what the first one left
        partial.write_text("".join(kept), encoding="utf-8")


def log_stats(out: Path, step: int, losses: dict[str, float], rate: float) -> None:
    """Append one line to stats.jsonl."""
    path = out / "stats.jsonl"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "rate": rate} | losses) + "\n")
    except OSError as error:
        raise Pix2PixError(
            f"{path} can't be written ({error.strerror}); free the disk, then --resume"
        ) from error


def _check_sources(out: Path, sources: Mapping[str, Any]) -> None:
    path = out / "sources.json"
    try:
        first: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise Pix2PixError(f"{path} can't be read ({error}); remove it, then --resume") from error
    others = [f"--{name}" for name, source in sources.items() if first.get(name, source) != source]
    if others:
        raise Pix2PixError(
            f"{out} was begun with another {' and '.join(others)}; resume it with the same, or name another folder "
            "with --out"
        )


def make_card(
    config: TrainConfig,
    progressed: Progressed,
    *,
    images: int,
    device: str,
    metrics: Mapping[str, float] | None = None,
) -> Card:
    """Return the card of a checkpoint made by this run; `metrics` are its scores."""
    where = torch.cuda.get_device_name() if device.startswith("cuda") else platform.machine()
    return Card(
        name=config.name,
        generator=config.generator,
        classes=config.classes,
        crop_px=config.crop_px,
        data=config.about,
        data_licence=config.data_licence,
        licence=config.licence,
        steps=progressed.step,
        images=images,
        hours=round(progressed.seconds / 3600, 2),
        machine=f"{where}, {os.cpu_count()} CPU cores, {torch.get_num_threads()} threads",
        versions={"torch": torch.__version__, "python": platform.python_version()},
        notes=progressed.notes,
        metrics={name: round(value, 4) for name, value in (metrics or {}).items()},
    )
