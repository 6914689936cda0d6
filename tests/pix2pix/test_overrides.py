"""Settings on the command line: dotted keys, YAML values, and what is refused."""

import pytest
import yaml
from click.testing import CliRunner

from pix2pix.cli import main
from pix2pix.errors import Pix2PixError
from pix2pix.overrides import overridden, parse_settings


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("generator.width=32", "generator.width", 32),
        ("classes=[7, 8]", "classes", [7, 8]),
        ("name=a=b", "name", "a=b"),
        ("generator={width: 8, levels: 4}", "generator", {"width": 8, "levels": 4}),
        ("channels_last=null", "channels_last", None),
    ],
)
def test_a_setting_is_a_key_and_a_yaml_value(setting, key, value):
    assert parse_settings([setting]) == {key: value}


def test_dotted_keys_reach_inside_and_leave_the_rest():
    values = {"generator": {"width": 8, "levels": 4}, "discriminators": [{"width": 1}, {"width": 2}]}
    found = overridden(values, {"generator.width": 16, "discriminators.1.layers": 2, "steps": 3})
    assert found == {
        "generator": {"width": 16, "levels": 4},
        "discriminators": [{"width": 1}, {"width": 2, "layers": 2}],
        "steps": 3,
    }
    assert values["generator"]["width"] == 8


@pytest.mark.parametrize(
    ("key", "said"),
    [("discriminators.7.width", "no place in a list of 1"), ("name.first", "has no parts")],
)
def test_a_key_that_leads_nowhere_is_refused(key, said):
    with pytest.raises(Pix2PixError, match=said):
        overridden({"name": "x", "discriminators": [{}]}, {key: 1})


def dry_run(street_data, tiny_config, tmp_path, *words):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json")))
    known = ["train", "--config", config, "--data", street_data, "--out", tmp_path / "run", "--dry-run"]
    return CliRunner().invoke(main, [str(word) for word in [*known, *words]])


def test_the_command_prints_what_was_set(street_data, tiny_config, tmp_path):
    words = ["--set", "generator.dropout=0", "--set", "learning_rate=1e-3", "--set", "steps=9", "--steps", 7]
    result = dry_run(street_data, tiny_config, tmp_path, *words)
    assert result.exit_code == 0, result.output
    printed = yaml.safe_load(result.output[: result.output.index("6 pairs")])
    assert printed["generator"]["dropout"] == 0
    assert printed["learning_rate"] == 0.001
    assert printed["steps"] == 7  # an option of its own has the last word


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("generator.widht=8", "generator.widht: Extra inputs"),
        ("betas.0=nonsense", "betas.0"),
        ("steps", "no KEY=VALUE"),
        ("zoom=[0.1", "no YAML"),
    ],
)
def test_a_wrong_setting_is_one_sentence(street_data, tiny_config, tmp_path, setting, said):
    result = dry_run(street_data, tiny_config, tmp_path, "--set", setting)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.startswith("Error: ")
    assert len(result.output.strip().splitlines()) == 1
