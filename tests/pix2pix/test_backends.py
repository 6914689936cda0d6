"""Every way to run a generator paints what the generator itself paints, within a stated bound."""

import numpy as np
import pytest
import torch
from torch import nn

from pix2pix.backends import bf16_instructions, choose_backend
from pix2pix.backends.building import build
from pix2pix.backends.folding import SubPixel, folded
from pix2pix.config import GeneratorConfig
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator, initialize
from pix2pix.generators.noise import fixed_noise
from pix2pix.tensors import to_photo

CLASSES = (7, 8, 11, 21, 23, 26)
MEAN_ERROR = {"eager": 0.05, "bf16": 1.5}  # of 255
CONFIGS = {
    "unet": GeneratorConfig(width=8, levels=4),
    "unet, batch norm": GeneratorConfig(width=8, levels=4, norm="batch"),
    "unet, smooth, noise": GeneratorConfig(width=8, levels=4, smooth=True, noise=True),
    "unet, palette": GeneratorConfig(width=8, levels=4, input="palette"),
    "spade": GeneratorConfig(architecture="spade", width=8, levels=3, noise=True),
    "fast": GeneratorConfig(architecture="fast", width=8, levels=4, noise=True),
    "fast, plain": GeneratorConfig(architecture="fast", width=8, levels=3, depth=2),
    "fast, domains": GeneratorConfig(
        architecture="fast", width=8, levels=3, boundaries=True, domains=("day", "night")
    ),
}


def make(config):
    """Return a generator with contrast: weights as drawn paint little but grey."""
    torch.manual_seed(0)
    generator = Generator(config, CLASSES).eval()
    initialize(generator)
    for layer in generator.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
        if isinstance(layer, nn.Embedding):
            layer.weight.data.normal_(0, 0.5)
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight.data *= 2
            layer.bias.data.normal_(0, 0.1) if layer.bias is not None else None
    return generator


@pytest.fixture
def label_ids():
    blocks = np.random.default_rng(0).integers(0, 34, (2, 12, 16))
    return torch.from_numpy(np.kron(blocks, np.ones((1, 5, 5))).astype(np.uint8))  # 60×80: needs padding


@pytest.mark.parametrize("backend", MEAN_ERROR)
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_it_paints_what_the_generator_paints(config, backend, label_ids):
    generator = make(config)
    with torch.inference_mode():
        expected = to_photo(generator(label_ids)).int()
        painted = build(backend, generator, torch.device("cpu"))(label_ids)
    assert painted.shape == (2, 60, 80, 3)
    assert painted.dtype == torch.uint8
    assert expected.float().std() > 10
    assert (painted.int() - expected).abs().float().mean() <= MEAN_ERROR[backend]


def test_red_is_not_blue_in_the_bytes_of_fast():
    generator = make(CONFIGS["fast, plain"])
    generator.network.photo.weight.data.zero_()
    generator.network.photo.bias.data.zero_()
    generator.network.base_color.weight.data = torch.tensor([[9.0, 0.0, -9.0]]).expand(7, 3).clone()
    with torch.inference_mode():
        photo_rgb = build("eager", generator, torch.device("cpu"))(torch.full((1, 8, 8), 7).byte())
    assert photo_rgb[0, 3, 5].tolist() == [255, 128, 0]


def test_noise_is_made_once_per_size_and_in_float32():
    first = fixed_noise(8, 12, 2, torch.device("cpu"))
    assert fixed_noise(8, 12, 2, torch.device("cpu")) is first
    assert first.dtype == torch.float32
    with torch.inference_mode():
        made_inside = fixed_noise(9, 12, 2, torch.device("cpu"))
    weight = torch.ones(1, requires_grad=True)
    (made_inside * weight).sum().backward()  # a tensor of inference mode would refuse
    assert weight.grad is not None


def test_enlarging_by_phases_equals_the_transposed_convolution():
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1)
    x = torch.randn(2, 5, 6, 9)
    torch.testing.assert_close(SubPixel(layer)(x), layer(x))


def test_folding_leaves_no_norm_and_touches_nothing_of_the_network():
    generator = make(CONFIGS["unet, batch norm"])
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    assert not [layer for layer in folded(generator.network).modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_a_cpu_with_bf16_uses_it_by_itself_and_says_why(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert bf16_instructions() == "avx512_bf16"
    assert choose_backend("auto", "cpu") == ("bf16", "this CPU has avx512_bf16")
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert choose_backend("auto", "cpu")[0] == "eager"


@pytest.mark.parametrize(
    ("backend", "device", "sentence"),
    [
        ("turbo", "cpu", "--backend turbo is not known"),
        ("half", "cpu", "--backend half needs a CUDA device"),
        ("bf16", "cuda", "--backend bf16 is for a CPU"),
    ],
)
def test_a_back_end_that_cannot_be_is_refused(backend, device, sentence):
    with pytest.raises(Pix2PixError, match=sentence):
        choose_backend(backend, device)


def test_bf16_is_refused_where_it_would_crawl(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    with pytest.raises(Pix2PixError, match="avx512_bf16"):
        choose_backend("bf16", "cpu")
