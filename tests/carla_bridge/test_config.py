"""A configuration either means what it says or is refused in one sentence with file, key and problem."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from carla_bridge.config import (
    CameraConfig,
    ConfigRefused,
    ConvertConfig,
    LiveConfig,
    RecordConfig,
    load_config,
)

CONFIGS = Path(__file__).parents[2] / "configs"
OURS = {"live.yaml": LiveConfig, "record.yaml": RecordConfig, "convert.yaml": ConvertConfig}


@pytest.fixture
def write(tmp_path):
    def write_yaml(text):
        path = tmp_path / "drive.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_yaml


@pytest.mark.parametrize("name", OURS)
def test_our_configs_load_and_open_with_what_they_are_for(name):
    load_config(CONFIGS / name, OURS[name])
    assert (CONFIGS / name).read_text(encoding="utf-8").startswith("# ")


def test_defaults_are_used_for_what_is_not_said(write):
    config = load_config(write("server:\n  port: 2004\n"), LiveConfig)
    assert (config.server.port, config.server.host, config.camera) == (2004, "127.0.0.1", CameraConfig())


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_all_defaults(write, text):
    assert load_config(write(text), LiveConfig) == LiveConfig()


def test_the_command_line_overrides_single_values(write):
    path = write("server: {port: 2004}\ncamera: {width: 640}\n")
    config = load_config(path, LiveConfig, {"server.port": 2008, "camera.width": None, "session.seed": 3})
    assert (config.server.port, config.camera.width, config.session.seed) == (2008, 640, 3)


def test_without_a_file_the_command_line_is_enough():
    assert load_config(None, LiveConfig, {"server.host": "simulator"}).server.host == "simulator"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("server: {prot: 2000}", "server.prot is no known key; did you mean port?"),
        ("zzz: 1", "zzz is no known key; known are server, camera, session"),
        ("server: {port: 70000}", "server.port is 70000: input should be less than or equal to 65535"),
        ("camera: {fov_deg: .nan}", "camera.fov_deg is nan: input should be a finite number"),
        ("camera: {width: 0, height: 0}", "(and 1 more)"),
        ("session: {step_s: 0.5}", "session.step_s is 0.5: input should be less than or equal to 0.1"),
        ("server: [1, 2]", "server is [1, 2]: input should be a valid dictionary"),
        ("- a\n- b", "must hold `key: value` lines, not a list"),
        ("server: {port: 1", "is not YAML"),
    ],
)
def test_a_refusal_names_file_key_and_problem(write, text, sentence):
    path = write(text)
    with pytest.raises(ConfigRefused) as caught:
        load_config(path, LiveConfig)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(ConfigRefused, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "nowhere.yaml", LiveConfig)


def test_an_override_through_a_value_is_refused(write):
    with pytest.raises(ConfigRefused, match="server must hold"):
        load_config(write("server: 3"), LiveConfig, {"server.port": 2000})


def test_a_config_does_not_change():
    with pytest.raises(ValidationError):
        LiveConfig().server.port = 1
