"""`pix2pix export`: the file runs elsewhere and paints the same bytes."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pix2pix import checkpoint, export
from pix2pix.cli import main
from pix2pix.config import GeneratorConfig
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator, initialize
from pix2pix.inference import Engine
from pix2pix.run_directory import Progressed, make_card

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
CONFIGS = {
    "unet": GeneratorConfig(width=4, levels=4, smooth=True, noise=True),
    "unet, batch norm": GeneratorConfig(width=4, levels=4, norm="batch"),
    "fast": GeneratorConfig(architecture="fast", width=8, levels=4, noise=True),
}


def saved(config, tiny_config, path):
    torch.manual_seed(0)
    trained = tiny_config.model_copy(update={"generator": config})
    card = make_card(trained, Progressed(), images=0, device="cpu")
    generator = Generator(config, card.classes).eval()
    initialize(generator)
    for name, weight in generator.named_parameters():
        if "base_color" in name:
            weight.data.normal_(0, 0.5)
    checkpoint.save(path, generator, card, half=False)
    return generator, card


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_file_paints_what_the_engine_paints(config, tiny_config, tmp_path):
    generator, card = saved(config, tiny_config, tmp_path / "tiny.safetensors")
    words = ["export", tmp_path / "tiny.safetensors", "--out", tmp_path / "tiny.onnx", "--size", "72x40"]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    session = onnxruntime.InferenceSession(str(tmp_path / "tiny.onnx"), providers=["CPUExecutionProvider"])
    label_ids = np.random.default_rng(1).choice([0, 7, 11, 26, 33], (1, 40, 72)).astype(np.uint8)
    painted = session.run(None, {"label_ids": label_ids})[0]
    engine = Engine(generator, card, device="cpu", reason="test", backend="eager")
    assert painted.dtype == np.uint8
    assert np.abs(painted.astype(int) - engine(label_ids)).max() <= 1
    told = json.loads(session.get_modelmeta().custom_metadata_map["pix2pix"])
    assert told["classes"] == list(card.classes)


def test_a_file_that_paints_otherwise_never_gets_its_name(tiny_config, tmp_path, monkeypatch):
    generator, card = saved(CONFIGS["fast"], tiny_config, tmp_path / "tiny.safetensors")
    monkeypatch.setattr(export, "_run", lambda path, ids: np.zeros((*ids.shape, 3), np.uint8))
    with pytest.raises(Pix2PixError, match="paints otherwise"):
        export.export_onnx(generator, card, tmp_path / "tiny.onnx", count=1, height=32, width=32)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.safetensors"]


def test_what_is_missing_is_said(tiny_config, tmp_path, monkeypatch):
    generator, card = saved(CONFIGS["fast"], tiny_config, tmp_path / "tiny.safetensors")
    monkeypatch.setattr(export, "NEEDED", ("onnx", "no_such_module"))
    with pytest.raises(Pix2PixError, match=r"no_such_module; pip install 'carla-bridge\[export\]'"):
        export.export_onnx(generator, card, tmp_path / "tiny.onnx", count=1, height=32, width=32)
