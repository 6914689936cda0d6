import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pix2pix.cli import main
from pix2pix.config import load_train_config
from pix2pix.perceptual import load_perceptual

FOLDER = Path(__file__).parents[2] / "configs"
CONFIGS = sorted(path for start in ("t", "distill", "segmenter") for path in FOLDER.glob(f"{start}*.yaml"))


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_training_config_loads(path):
    assert load_train_config(path).classes


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_what_a_training_config_needs_is_shipped(path):
    config = load_train_config(path)
    if config.perceptual_weight:
        assert load_perceptual(config.perceptual, config.perceptual_weights)


def test_help_loads_no_torch():
    code = (
        "import sys; from pix2pix.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_train_end_to_end(street_data, tiny_config, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json")))
    result = run("train", "--config", config, "--data", street_data, "--out", tmp_path / "run", "--steps", 2)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "generator.safetensors").is_file()
    assert "wrote" in result.output


def test_a_run_is_resumed_with_the_data_that_it_began_with(street_data, tiny_config, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json")))
    words = ["train", "--config", config, "--out", tmp_path / "run", "--data", street_data]
    assert run(*words, "--max-minutes", 0).exit_code == 0
    refused = run(*words, "--data", street_data, "--resume")
    assert refused.exit_code == 1
    assert "begun with another --data" in " ".join(refused.output.split())
    moved = street_data.rename(tmp_path / "moved")
    resumed = run(*words[:-1], moved, "--resume")
    assert resumed.exit_code == 0, resumed.output


def test_dry_run_prints_the_resolved_config_and_writes_nothing(street_data, tiny_config, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json")))
    result = run(
        "train",
        "--config",
        config,
        "--data",
        street_data,
        "--out",
        tmp_path / "run",
        "--dry-run",
        "--seed",
        7,
    )
    assert result.exit_code == 0
    assert "seed: 7" in result.output
    assert "6 pairs" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nclasses: [7]\nwidht: 3", "widht"),
        ("name: x\nclasses: [99]", "99"),
        ("[1, 2]", "no settings"),
        ("name: x\nclasses: [7]\ncrop_px: 16", "crop_px 16"),
        ("name: x\nclasses: [7]\nzoom: [1.0, 2.0]", "zoom"),
        ("name: x\nclasses: [7]\nseed: -1", "seed"),
        ("name: 2026-13-45", "YAML"),
        ("a: [", "YAML"),
    ],
)
def test_a_bad_config_is_one_sentence_and_exit_1(tmp_path, text, said):
    config = tmp_path / "c.yaml"
    config.write_text(text)
    result = run("train", "--config", config, "--data", tmp_path, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_missing_data_is_one_sentence_and_exit_1(tmp_path):
    result = run("train", "--config", CONFIGS[0], "--data", tmp_path / "nowhere", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "nowhere is no folder" in result.output


@pytest.mark.skipif("CARLA_BRIDGE_DATA" not in os.environ, reason="CARLA_BRIDGE_DATA names no data folder")
def test_camvid_is_read_as_its_config_says(tmp_path):
    data = Path(os.environ["CARLA_BRIDGE_DATA"]) / "camvid"
    config = Path(__file__).parents[2] / "configs" / "train-camvid.yaml"
    result = run("train", "--config", config, "--data", data, "--out", tmp_path / "run", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "246 pairs" in result.output
