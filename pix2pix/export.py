"""A generator as an ONNX file: label ids uint8 in, RGB bytes out, for whatever runs ONNX.

What is written was run and compared with the generator first.
"""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import torch

from pix2pix.backends.parts import Parts
from pix2pix.benchmark import street
from pix2pix.checkpoint import Card
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator
from pix2pix.outputs import writing
from pix2pix.tensors import to_photo

OPSET = 18
MOST_OFF = 1  # of 255, in any byte: the rounding of two libraries may differ
NEEDED = ("onnx", "onnxscript", "onnxruntime")


def export_onnx(
    generator: Generator, card: Card, path: Path, *, count: int, height: int, width: int
) -> float:
    """Write the file for this shape and return how far its bytes are from the generator's, on average.

    Input `label_ids` (N,H,W) uint8, output `photo_rgb` (N,H,W,3) uint8; the card is in the metadata.
    """
    if absent := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise Pix2PixError(f"exporting needs {', '.join(absent)}; pip install 'carla-bridge[export]'")
    label_ids = torch.from_numpy(street(count, height, width))
    with torch.no_grad():
        expected = to_photo(generator.eval()(label_ids)).numpy()  # makes the noise of this size as well
    with writing(path) as partial:
        _write(Parts(generator).plainly(), card, label_ids, partial)
        painted = _run(partial, label_ids.numpy())
        off = np.abs(painted.astype(int) - expected)
        if off.max() > MOST_OFF:
            raise Pix2PixError(
                f"the exported network paints otherwise, by up to {off.max()} of 255; "
                "please report it with the checkpoint's card"
            )
    return float(off.mean())


def _write(parts: Parts, card: Card, label_ids: torch.Tensor, path: Path) -> None:
    import onnx

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of torch's own making
        program = torch.export.export(parts, (label_ids,), strict=False)
        exported = torch.onnx.export(
            program,
            (label_ids,),
            input_names=["label_ids"],
            output_names=["photo_rgb"],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert exported is not None
    model = exported.model_proto
    onnx.helper.set_model_props(model, {"pix2pix": card.model_dump_json()})
    path.write_bytes(model.SerializeToString())


def _run(path: Path, label_ids: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    painted: np.ndarray = session.run(["photo_rgb"], {"label_ids": label_ids})[0]
    return painted
