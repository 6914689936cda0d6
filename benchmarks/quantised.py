"""Does int8 pay, and ONNX Runtime? The convolutions of `fast` by several libraries, with their speed and their score.

    python benchmarks/quantised.py --data PATH/TO/camvid

Calibrated on label maps of the training photos, per channel, min and max; scored on the held-out ones; timed at
512×256, taking turns. Needs the extras `cpu` and `export`.
"""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from pix2pix import checkpoint
from pix2pix.backends.openvino import ChannelsLast, library
from pix2pix.backends.parts import Parts
from pix2pix.benchmark import Timing, street, take_turns
from pix2pix.datasets import Dataset, open_dataset
from pix2pix.evaluation.opening import open_judge
from pix2pix.evaluation.scoring import judge_photos
from pix2pix.generators import pad

CALIBRATED_ON = 48  # label maps
Run = Callable[[np.ndarray], np.ndarray]  # what the core is shown, N,h,w,C float32 → what it answers
Paint = Callable[[np.ndarray], np.ndarray]  # ids N,H,W uint8 → photos N,H,W,3 uint8


class Shown(CalibrationDataReader):
    """What the core is shown of some label maps."""

    def __init__(self, inputs: Iterator[np.ndarray]) -> None:
        self._inputs = inputs

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next one, by the input's name; None at the end."""
        return next(({"x": x} for x in self._inputs), None)


def parts_of(name: str, dtype: torch.dtype) -> Parts:
    """Return a shipped generator, taken apart."""
    return Parts(checkpoint.load(checkpoint.resolve(name))[0]).cast(dtype)


def stem_of(parts: Parts, label_ids: np.ndarray) -> np.ndarray:
    """Return what the core is shown, N,h,w,C float32."""
    with torch.inference_mode():
        x = parts.stem(pad(torch.from_numpy(label_ids), parts.stride))
        return x.permute(0, 2, 3, 1).contiguous().numpy()


def whole(parts: Parts, run: Run) -> Paint:
    """Return stem, a library's core and finish as one call."""

    def paint(label_ids: np.ndarray) -> np.ndarray:
        height, width = label_ids.shape[1:]
        y = torch.from_numpy(run(stem_of(parts, label_ids))).permute(0, 3, 1, 2)
        padded = pad(torch.from_numpy(label_ids), parts.stride)
        return parts.finish(y, padded)[:, :height, :width].numpy()

    return paint


def by_torch(parts: Parts) -> Paint:
    """Return the same by torch alone."""

    def paint(label_ids: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return parts(torch.from_numpy(label_ids)).numpy()

    return paint


def by_onnxruntime(path: Path) -> Run:
    """Return a core as ONNX Runtime runs it, on torch's number of threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # its threads would spin on, in the way of whoever has the next turn
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def by_openvino(path: Path, precision: str) -> Run:
    """Return a core as OpenVINO runs it; `precision` is of what isn't int8 already."""
    core = library().Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": precision,
    }
    request = core.compile_model(core.read_model(path), "CPU", settings).create_infer_request()
    return lambda x: request.infer([x], share_inputs=True)[0]


def make_painters(name: str, calibration: list[np.ndarray], folder: Path) -> dict[str, Paint]:
    """Return the generator by each library for maps of the calibration's size, N,H,W."""
    parts = parts_of(name, torch.float32)
    shown = [stem_of(parts, label_ids) for label_ids in calibration]
    plain, ready, int8 = (folder / f"{kind}.onnx" for kind in ("plain", "ready", "int8"))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of torch's own making
        x = torch.from_numpy(shown[0])
        parts.core(x.permute(0, 3, 1, 2))  # what is made once per size, such as noise
        core = ChannelsLast(parts.core).eval()
        torch.onnx.export(
            core, (x,), plain, input_names=["x"], dynamo=True, external_data=False, verbose=False
        )
    quant_pre_process(plain, ready, skip_symbolic_shape=True)
    quantize_static(
        ready,
        int8,
        Shown(iter(shown)),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return {
        "torch, float32": by_torch(parts),
        "torch, bf16": by_torch(parts_of(name, torch.bfloat16)),
        "ONNX Runtime, float32": whole(parts, by_onnxruntime(ready)),
        "ONNX Runtime, int8": whole(parts, by_onnxruntime(int8)),
        "OpenVINO, bf16": whole(parts, by_openvino(ready, "bf16")),
        "OpenVINO, int8 and bf16": whole(parts, by_openvino(int8, "bf16")),
    }


class Found(NamedTuple):
    """How a library's photos of the held-out label maps differ from torch's in float32, and how they score."""

    mean_error: float  # of 255
    largest_error: int
    mean_iou: float


def compare(painters: dict[str, Paint], held_out: Dataset) -> dict[str, Found]:
    """Return what was found of each painter; the first of them is the measure."""
    judge, _ = open_judge("camvid", device="cpu")
    maps = [held_out[index].label_ids[None] for index in range(len(held_out))]
    exact = [next(iter(painters.values()))(label_ids).astype(int) for label_ids in maps]
    found = {}
    for name, paint in painters.items():
        errors = [abs(paint(label_ids) - right) for label_ids, right in zip(maps, exact, strict=True)]
        judged = judge_photos(judge, held_out, lambda sample, paint=paint: paint(sample.label_ids[None])[0])
        found[name] = Found(float(np.mean(errors)), int(np.max(errors)), judged.score.mean_iou)
    return found


def timed(painters: dict[str, Paint], *, rounds: int) -> dict[str, Timing]:
    """Return what a frame of 512×256 takes each of them, taking turns."""
    label_ids = street(1, 256, 512)
    calls = {name: partial(paint, label_ids) for name, paint in painters.items()}
    return take_turns(calls, rounds=rounds)


def calibration_maps(training: Dataset) -> list[np.ndarray]:
    """Return label maps from all over the training set, 1,H,W."""
    step = max(1, len(training) // CALIBRATED_ON)
    return [training[index].label_ids[None] for index in range(0, len(training), step)][:CALIBRATED_ON]


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="CamVid.  [default: $CARLA_BRIDGE_DATA/camvid]")
@click.option("--checkpoint", "name", default="fast", show_default=True)
@click.option("--rounds", default=100, show_default=True)
def main(data: Path | None, name: str, rounds: int) -> None:
    """Print one row per library."""
    data = data or Path(os.environ["CARLA_BRIDGE_DATA"]) / "camvid"
    maps = calibration_maps(open_dataset(data, "train"))
    wide = [np.ascontiguousarray(np.tile(each, (1, 1, 2))[:, 52:308, :512]) for each in maps]
    with tempfile.TemporaryDirectory() as temporary:
        found = compare(make_painters(name, maps, Path(temporary)), open_dataset(data, "val"))
        times = timed(make_painters(name, wide, Path(temporary)), rounds=rounds)
    print("| core | ms, median (5 % … 95 %) | mean error of 255, largest | mean IoU |\n|---|---|---|---|")
    for key, (mean_error, largest_error, mean_iou) in found.items():
        ms = times[key]
        spread = f"{ms.median_ms:.1f} ({ms.p5_ms:.1f} … {ms.p95_ms:.1f})"
        print(f"| {key} | {spread} | {mean_error:.2f}, {largest_error} | {mean_iou:.3f} |")


if __name__ == "__main__":
    main()
