"""`--init`: a run that starts from a checkpoint's weights."""

import pytest
import torch
import yaml
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.errors import Pix2PixError
from pix2pix.networks import make_networks


@pytest.fixture
def taught(street_data, tiny_config, tmp_path):
    """A checkpoint of two steps from another seed."""
    result = train(
        street_data, tiny_config, tmp_path, "--out", tmp_path / "taught", "--steps", 2, "--seed", 9
    )
    assert result.exit_code == 0, result.output
    return tmp_path / "taught" / "generator.safetensors"


def train(street_data, tiny_config, tmp_path, *words):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json")))
    known = ["train", "--config", config, "--data", street_data]
    return CliRunner().invoke(main, [str(word) for word in [*known, *words]])


def test_the_generator_and_its_average_start_from_the_checkpoint(taught, tiny_config):
    weights = checkpoint.load(taught)[0].state_dict()
    networks = make_networks(tiny_config, "cpu", init=taught)
    for network in (networks.generator, networks.average.module):
        assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())
    fresh = make_networks(tiny_config, "cpu")
    assert not torch.equal(next(fresh.generator.parameters()), next(networks.generator.parameters()))


def test_the_card_says_where_it_began_also_after_a_resume(taught, street_data, tiny_config, tmp_path):
    out = tmp_path / "run"
    begun = train(street_data, tiny_config, tmp_path, "--out", out, "--init", taught, "--max-minutes", 0)
    assert begun.exit_code == 0, begun.output
    resumed = train(street_data, tiny_config, tmp_path, "--out", out, "--resume")
    assert resumed.exit_code == 0, resumed.output
    card = checkpoint.load(out / "generator.safetensors")[1]
    assert card.steps == 4
    assert checkpoint.fingerprint(taught) in card.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"generator": {"width": 8, "levels": 4}}, "set generator.width=4 or"),
        ({"classes": [7, 8, 11, 21, 23, 24]}, "was taught the classes"),
    ],
)
def test_another_generator_is_refused(taught, tiny_config, changes, said):
    other = type(tiny_config).model_validate(tiny_config.model_dump() | changes)
    with pytest.raises(Pix2PixError, match=said):
        make_networks(other, "cpu", init=taught)


def test_init_and_resume_are_not_both(taught, street_data, tiny_config, tmp_path):
    result = train(street_data, tiny_config, tmp_path, "--out", taught.parent, "--resume", "--init", taught)
    assert result.exit_code == 1
    assert "leave one of them out" in result.output
