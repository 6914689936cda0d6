"""What every generator promises, whatever its architecture."""

import pytest
import torch

from pix2pix.config import GeneratorConfig
from pix2pix.generators import Generator, initialize

CLASSES = (7, 8, 11, 21, 23, 26)
ARCHITECTURES = pytest.mark.parametrize(("architecture", "levels"), [("unet", 5), ("spade", 4), ("fast", 5)])


def make_generator(architecture: str, levels: int, **settings) -> Generator:
    torch.manual_seed(0)
    settings = {"width": 8, "noise": True, "dropout": 0.0} | settings
    generator = Generator(GeneratorConfig(architecture=architecture, levels=levels, **settings), CLASSES)
    initialize(generator)
    return generator


def random_ids(*shape: int) -> torch.Tensor:
    return torch.randint(0, 34, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@ARCHITECTURES
@pytest.mark.parametrize("encoding", ["one-hot", "palette"])
def test_gradients_reach_every_parameter(architecture, levels, encoding):
    generator = make_generator(architecture, levels, input=encoding, boundaries=True, domains=("day", "dusk"))
    boundary = torch.rand(2, 64, 64) > 0.9
    photo = generator(random_ids(2, 64, 64), boundary=boundary, domain=torch.tensor([0, 1]))
    (photo * torch.randn_like(photo)).sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("architecture", "width", "levels"), [("unet", 64, 8), ("spade", 40, 6), ("fast", 32, 5)]
)
def test_a_wide_generator_starts_where_the_tanh_has_a_gradient(architecture, width, levels):
    generator = make_generator(architecture, levels, width=width)
    with torch.no_grad():
        photo = generator(random_ids(1, 256, 256))
    assert (photo.abs() > 0.97).float().mean() < 0.01


@ARCHITECTURES
def test_any_size_is_padded_inside_and_never_squashed(architecture, levels):
    generator = make_generator(architecture, levels).eval()
    ids = random_ids(1, 70, 91)
    with torch.no_grad():
        photo = generator(ids)
        below = 10 if levels == 4 else 26  # 80 or 96 rows; 96 columns either way
        repeated = torch.nn.functional.pad(ids[None].float(), (0, 5, 0, below), mode="replicate")[0].byte()
        whole = generator(repeated)
    assert photo.shape == (1, 3, 70, 91)
    torch.testing.assert_close(photo, whole[:, :, :70, :91])


@ARCHITECTURES
def test_a_picture_does_not_depend_on_its_batch_and_is_the_same_twice(architecture, levels):
    generator = make_generator(architecture, levels).eval()
    ids = random_ids(3, 64, 96)
    with torch.no_grad():
        together = generator(ids)
        assert torch.equal(together, generator(ids))
        torch.testing.assert_close(together[1:2], generator(ids[1:2]), atol=1e-5, rtol=1e-4)


@ARCHITECTURES
def test_domain_and_boundary_change_the_picture_and_default_to_the_first_and_none(architecture, levels):
    generator = make_generator(architecture, levels, boundaries=True, domains=("day", "dusk")).eval()
    ids = random_ids(1, 64, 64)
    edges = torch.zeros(1, 64, 64, dtype=torch.bool)
    with torch.no_grad():
        plain = generator(ids)
        assert torch.equal(plain, generator(ids, boundary=edges, domain=torch.tensor([0])))
        assert not torch.equal(plain, generator(ids, domain=torch.tensor([1])))
        edges[0, 20:40, 30] = True
        assert not torch.equal(plain, generator(ids, boundary=edges))


def test_the_stem_of_fast_equals_a_convolution_of_the_one_hot_map():
    generator = make_generator("fast", 5)
    network = generator.network
    channel = generator.label_input.channel(random_ids(2, 32, 64))
    kernel = network.stem.weight.view(4, 4, len(CLASSES) + 1, -1).permute(3, 2, 0, 1)
    one_hot = torch.nn.functional.one_hot(channel, len(CLASSES) + 1).permute(0, 3, 1, 2).float()
    expected = torch.nn.functional.conv2d(one_hot, kernel, stride=4)
    torch.testing.assert_close(network._stem(channel, None), expected, atol=1e-5, rtol=1e-5)


def test_fast_keeps_the_edges_of_labels_sharp_to_the_pixel():
    generator = make_generator("fast", 5, noise=False).eval()
    ids = torch.full((1, 64, 64), 7, dtype=torch.uint8)
    ids[:, :, 31:] = 23
    with torch.no_grad():
        generator.network.photo.weight.zero_()
        generator.network.base_color.weight[4 + 1] = 1.0  # sky
        photo = generator(ids)
    assert photo[0, :, :, :31].abs().max() == 0
    assert photo[0, :, :, 31:].min() > 0.7


@ARCHITECTURES
def test_bf16_stays_near_fp32(architecture, levels):
    generator = make_generator(architecture, levels).eval()
    ids = random_ids(1, 64, 64)
    with torch.no_grad():
        exact = generator(ids)
        with torch.autocast("cpu", torch.bfloat16):
            rough = generator(ids)
    assert (exact - rough).abs().mean() < 0.02


@ARCHITECTURES
def test_a_map_smaller_than_the_stride_is_painted_and_half_precision_stays_finite(architecture, levels):
    generator = make_generator(architecture, levels).eval()
    ids = random_ids(2, 5, 9)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        photo = generator(ids)
    assert photo.shape == (2, 3, 5, 9)
    assert photo.isfinite().all()
    assert photo[0].std() > 0


@ARCHITECTURES
def test_fresh_weights_keep_the_signal_alive(architecture, levels):
    generator = make_generator(architecture, levels, width=16)
    with torch.no_grad():
        photo = generator(random_ids(2, 64, 64))
    assert 0.003 < photo.std() < 0.7  # neither faded away nor saturated


def test_full_settings_of_spade_fit_in_forty_megabytes_of_16_bits():
    with torch.device("meta"):
        generator = Generator(
            GeneratorConfig(architecture="spade", width=40, levels=5, depth=2, noise=True), CLASSES
        )
    assert 2 * sum(p.numel() for p in generator.parameters()) < 40e6
