"""The published U-Net's weights, imported: the same picture as from the network that they were made for."""

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from pix2pix import checkpoint
from pix2pix.classes import PALETTE_RGB
from pix2pix.cli import main
from pix2pix.inference import load

CLASSES = (7, 8, 11, 21, 23, 26)


class Nested(nn.Module):
    """One level around the levels below it, with the published names and order of layers."""

    def __init__(self, outer, inner, norm, *, inside=None, source=None, outermost=False, dropout=False):
        super().__init__()
        self.outermost = outermost
        bias = norm is nn.InstanceNorm2d
        make_norm = (lambda c: norm(c, affine=False, track_running_stats=False)) if bias else norm
        down = nn.Conv2d(source or outer, inner, 4, 2, 1, bias=bias)
        doubled = inner if inside is None else 2 * inner
        up = nn.ConvTranspose2d(doubled, outer, 4, 2, 1, bias=True if outermost else bias)
        if outermost:
            layers = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, make_norm(outer)]
        else:
            layers = [nn.LeakyReLU(0.2), down, make_norm(inner), inside, nn.ReLU(), up, make_norm(outer)]
            layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class PublishedUNet(nn.Module):
    def __init__(self, downs, width, norm, *, source=3):
        super().__init__()
        block = Nested(8 * width, 8 * width, norm)
        for _ in range(downs - 5):
            block = Nested(8 * width, 8 * width, norm, inside=block, dropout=True)
        for outer, inner in ((4, 8), (2, 4), (1, 2)):
            block = Nested(outer * width, inner * width, norm, inside=block)
        self.model = Nested(3, width, norm, inside=block, source=source, outermost=True)

    def forward(self, x):
        return self.model(x)


def published(norm, downs=6, width=4, source=3):
    torch.manual_seed(0)
    network = PublishedUNet(downs, width, norm, source=source)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training
            nn.init.normal_(module.weight, 1, 0.2)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval()


def run(*words):
    return CliRunner().invoke(main, ["import-weights", *map(str, words)])


@pytest.mark.parametrize(
    ("norm", "options"),
    [(nn.BatchNorm2d, ["--running"]), (nn.BatchNorm2d, []), (nn.InstanceNorm2d, [])],
    ids=["batch-running", "batch-per-picture", "instance"],
)
def test_the_imported_generator_paints_what_the_published_one_painted(norm, options, tmp_path):
    network = published(norm)
    torch.save(network.state_dict(), tmp_path / "latest_net_G.pth")
    out = tmp_path / "ours.safetensors"
    result = run(tmp_path / "latest_net_G.pth", "--out", out, "--classes", "7,8,11,21,23,26", *options)
    assert result.exit_code == 0, result.output
    generator, card = checkpoint.load(out)
    assert (card.generator.levels, card.generator.width, card.classes) == (6, 4, CLASSES)

    ids = np.random.default_rng(0).choice(CLASSES, (1, 128, 192)).astype(np.uint8)
    palette = torch.from_numpy(PALETTE_RGB[ids]).permute(0, 3, 1, 2).float() / 127.5 - 1
    for (
        module
    ) in network.modules():  # the published test script never calls eval(), but drops no channels here
        if isinstance(module, nn.BatchNorm2d) and not options:
            module.train()
    with torch.no_grad():
        expected = network(palette)
        found = generator(torch.from_numpy(ids))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert expected.std() > 0.01
    assert load(out, device="cpu")(ids).shape == (1, 128, 192, 3)


def test_a_full_size_published_net_has_the_names_of_our_unet_256(tmp_path):
    with torch.device("meta"):
        network = PublishedUNet(8, 64, nn.BatchNorm2d)
    state = {key: torch.zeros(value.shape) for key, value in network.state_dict().items()}
    torch.save(state, tmp_path / "net_G.pth")
    result = run(tmp_path / "net_G.pth", "--out", tmp_path / "ours.safetensors")
    assert result.exit_code == 0, result.output
    assert "8 levels, width 64" in result.output


class Code:
    """A pickle of it is no tensor."""


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "can't be read"),
        (b"nothing", "no file of tensors alone"),
        (Code(), "no file of tensors alone"),
        ([torch.zeros(1)], "holds no state dict"),
        ({"conv.weight": torch.zeros(1)}, "not the weights of a published pix2pix U-Net"),
    ],
    ids=["absent", "garbage", "code", "list", "other"],
)
def test_another_file_is_refused_in_one_sentence(content, complaint, tmp_path):
    path = tmp_path / "net_G.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    result = run(path, "--out", tmp_path / "ours.safetensors")
    assert result.exit_code == 1
    assert complaint in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "ours.safetensors").exists()


def test_cut_and_widened_networks_are_refused(tmp_path):
    state = published(nn.BatchNorm2d).state_dict()
    cut = {key: value for key, value in state.items() if not key.endswith("5.weight")}
    wide = published(nn.BatchNorm2d, source=5).state_dict()
    for name, broken, complaint in (("cut", cut, "lack"), ("wide", wide, "takes 5 channels")):
        torch.save(broken, tmp_path / f"{name}.pth")
        result = run(tmp_path / f"{name}.pth", "--out", tmp_path / "ours.safetensors")
        assert result.exit_code == 1
        assert complaint in result.output


@pytest.mark.parametrize("classes", ["7,road", "7,99", "7,7"])
def test_wrong_classes_are_refused_in_one_sentence(classes, tmp_path):
    torch.save(published(nn.BatchNorm2d).state_dict(), tmp_path / "net_G.pth")
    result = run(tmp_path / "net_G.pth", "--out", tmp_path / "ours.safetensors", "--classes", classes)
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: ")
