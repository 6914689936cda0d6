import pytest
import torch

from pix2pix.config import GeneratorConfig
from pix2pix.generators.noise import noise_of_place
from pix2pix.generators.unet import UNet


def test_full_width_has_the_size_of_the_published_unet_256():
    with torch.device("meta"):
        network = UNet(3, GeneratorConfig(norm="batch"))
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters == pytest.approx(54.41e6, rel=1e-3)


@pytest.mark.parametrize(("height", "width"), [(32, 64), (64, 32)])
def test_photo_has_the_size_of_the_label_map(height, width):
    network = UNet(5, GeneratorConfig(width=4, levels=5)).eval()
    photo = network(torch.zeros(2, 5, height, width))
    assert photo.shape == (2, 3, height, width)
    assert photo.abs().max() <= 1


def test_the_skips_carry_fine_detail_past_the_bottleneck():
    torch.manual_seed(0)
    network = UNet(1, GeneratorConfig(width=4, levels=4)).eval()
    x = torch.zeros(1, 1, 32, 32)
    with torch.no_grad():
        network.up[-1][1].weight.zero_()  # cut the bottleneck: only the skips are left
        network.up[-1][1].bias.zero_()
        flat = network(x)
        x[0, 0, 16, 16] = 1
        assert not torch.equal(network(x), flat)


@pytest.mark.parametrize("smooth", [True, False])
def test_smooth_upsampling_paints_no_grid_on_a_plain_surface(smooth):
    torch.manual_seed(0)
    network = UNet(1, GeneratorConfig(width=8, levels=4, smooth=smooth)).eval()
    with torch.no_grad():
        middle = network(torch.ones(1, 1, 256, 256))[..., 96:160, 96:160]
    grid = (middle - middle.mean((2, 3), keepdim=True)).abs().max()
    assert (grid < 1e-5) == smooth


def test_smooth_upsampling_stays_in_place_and_shares_its_weights():
    torch.manual_seed(0)
    plain = UNet(2, GeneratorConfig(width=4, levels=4)).eval()
    smooth = UNet(2, GeneratorConfig(width=4, levels=4, smooth=True)).eval()
    smooth.load_state_dict(plain.state_dict())
    x = torch.randn(1, 2, 32, 32)
    with torch.no_grad():
        flipped = smooth(x.flip(3)).flip(3)
        for module in smooth.modules():  # mirrored weights must give the mirrored picture: no shift to a side
            if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                module.weight.copy_(module.weight.flip(3))
        torch.testing.assert_close(smooth(x), flipped, atol=1e-4, rtol=1e-4)


def test_noise_gives_a_plain_surface_texture_and_stays_a_function_of_the_place():
    torch.manual_seed(0)
    network = UNet(1, GeneratorConfig(width=8, levels=4, smooth=True, noise=True, dropout=0)).eval()
    plain = torch.ones(2, 1, 256, 256)
    with torch.no_grad():
        first = network(plain)
        assert torch.equal(first, network(plain))
        assert torch.allclose(first[0], first[1], atol=1e-6)
        assert first[..., 96:160, 96:160].std() > 1e-4
        network.train()
        assert not torch.equal(network(plain)[0], network(plain)[1])


def test_the_noise_of_a_place_is_even_and_does_not_depend_on_the_size():
    large = noise_of_place(300, 400, torch.device("cpu"))
    assert torch.equal(large[:64, :128], noise_of_place(64, 128, torch.device("cpu")))
    shares = torch.histc(large, bins=10, min=0, max=1) / large.numel()
    assert (shares - 0.1).abs().max() < 0.01
    assert abs(torch.corrcoef(torch.stack([large[:, 1:].flatten(), large[:, :-1].flatten()]))[0, 1]) < 0.05
