"""OpenVINO runs the core: a few seconds of building, no compiler, and kernels for CPUs of many makes."""

import importlib
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pix2pix.backends.cache import cached, key_of
from pix2pix.backends.fixed import Run, Task


def build(task: Task) -> Run:
    """Return the task's core as a request to OpenVINO."""
    shape, inside = list(task.x.shape), str(task.inside)
    key = key_of(task.weights, libraries=("openvino",), backend="openvino", shape=shape, type=inside)
    return cached(key, "core.blob", build=lambda path: path.write_bytes(_compile(task)), load=_load)


class ChannelsLast(nn.Module):
    """The core with N,H,W,C outside, as stem and finish have it in memory."""

    def __init__(self, core: nn.Module) -> None:
        super().__init__()
        self.core = core

    def forward(self, x: Tensor) -> Tensor:
        """Return N,H,W,C."""
        y: Tensor = self.core(x.permute(0, 3, 1, 2))
        return y.permute(0, 2, 3, 1)


def library() -> Any:
    """Return the module `openvino`, kept from reporting its use to its maker, as it does when imported."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: not to be found
    return importlib.import_module("openvino")


def _settings() -> dict[str, Any]:
    return {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": torch.get_num_threads()}


def _compile(task: Task) -> bytes:
    openvino = library()
    precision = "bf16" if task.inside == torch.bfloat16 else "f32"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own making
        example = task.x.permute(0, 2, 3, 1).contiguous()
        program = torch.export.export(ChannelsLast(task.core), (example,), strict=False)
        model = openvino.convert_model(program)
    stream = io.BytesIO()
    settings = _settings() | {"INFERENCE_PRECISION_HINT": precision}
    openvino.Core().compile_model(model, "CPU", settings).export_model(stream)
    return stream.getvalue()


def _load(path: Path) -> Run:
    compiled = library().Core().import_model(path.read_bytes(), "CPU", _settings())
    request = compiled.create_infer_request()

    def run(x: Tensor) -> Tensor:
        outside = x.permute(0, 2, 3, 1).contiguous().numpy()
        answer = request.infer([outside], share_inputs=True, share_outputs=True)
        return torch.from_numpy(answer[0]).permute(0, 3, 1, 2)

    return run
