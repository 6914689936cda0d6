import pytest
import torch
from torch import nn

from pix2pix.config import DiscriminatorConfig
from pix2pix.discriminators import make_discriminators
from pix2pix.discriminators.extracted import cut
from pix2pix.discriminators.layers import SpectralNorm
from pix2pix.discriminators.patch import PatchGAN
from pix2pix.errors import Pix2PixError

KINDS = [
    {"kind": "patch", "layers": 2, "scales": 2},
    {"kind": "patch", "layers": 2, "spectral_norm": True},
    {"kind": "extracted", "layers": 2, "patch_px": 24},
    {"kind": "extracted", "layers": 2, "patch_px": 24, "spectral_norm": True},
    {"kind": "segmentation", "layers": 3},
    {"kind": "segmentation", "layers": 3, "spectral_norm": True},
]


def judge_of(label_channels: int = 4, classes_count: int = 3, **values) -> nn.Module:
    torch.manual_seed(0)
    config = DiscriminatorConfig(width=4, **values)
    return make_discriminators([config], label_channels, classes_count)[0]


@pytest.mark.parametrize(
    ("values", "shapes"),
    [
        ({"kind": "patch", "layers": 2, "scales": 2}, [(2, 1, 14, 22), (2, 1, 6, 10)]),
        ({"kind": "extracted", "layers": 2, "patch_px": 24}, [(2, 1, 5, 7)]),
        ({"kind": "segmentation", "layers": 3}, [(2, 5, 64, 96)]),
    ],
)
def test_every_kind_gives_verdicts_of_its_shape(values, shapes):
    verdicts = judge_of(**values)(torch.randn(2, 4, 64, 96), torch.randn(2, 3, 64, 96))
    assert [tuple(verdict.scores.shape) for verdict in verdicts] == shapes
    assert all(verdict.features for verdict in verdicts)


@pytest.mark.parametrize("values", KINDS, ids=str)
def test_gradients_reach_every_parameter_and_every_pixel(values):
    judge = judge_of(**values)
    photo = torch.randn(2, 3, 64, 64, requires_grad=True)
    verdicts = judge(torch.randn(2, 4, 64, 64), photo)
    torch.stack([verdict.scores.square().mean() for verdict in verdicts]).sum().backward()
    silent = [name for name, p in judge.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert all("bias" in name and not values.get("spectral_norm") for name in silent)  # a norm follows those
    assert photo.grad.abs().sum(1).all()


@pytest.mark.parametrize("values", KINDS, ids=str)
def test_every_kind_runs_in_bfloat16(values):
    judge = judge_of(**values)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        verdicts = judge(torch.randn(1, 4, 64, 64), torch.randn(1, 3, 64, 64))
    assert all(verdict.scores.isfinite().all() for verdict in verdicts)


def test_judges_are_made_in_order():
    configs = [DiscriminatorConfig(kind=kind, width=4) for kind in ("segmentation", "patch", "extracted")]
    names = [type(judge).__name__ for judge in make_discriminators(configs, 4, 3)]
    assert names == ["SegmentationDiscriminator", "MultiScalePatchGAN", "ExtractedPatches"]


def test_three_layers_judge_70_by_70_pixels():
    torch.manual_seed(0)
    judge = PatchGAN(3, DiscriminatorConfig(width=4, layers=3))
    for module in judge.modules():  # instance norm sees the whole map: take it out of the question
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda x: x
    photo = torch.zeros(1, 3, 256, 256, requires_grad=True)
    scores = judge(photo).scores
    assert scores.shape == (1, 1, 30, 30)
    scores[0, 0, 15, 15].backward()
    seen = photo.grad[0].abs().sum(0) > 0
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (70, 70)


def test_the_second_scale_sees_the_averaged_picture():
    judge = judge_of(kind="patch", layers=1, scales=2)
    labels, photo = torch.randn(1, 4, 32, 32), torch.randn(1, 3, 32, 32)
    weight = torch.ones(7, 1, 3, 3)  # the mean of 3×3, of fewer at the edge
    x = torch.cat([labels, photo], 1)
    sums = nn.functional.conv2d(x, weight, stride=2, padding=1, groups=7)
    counts = nn.functional.conv2d(torch.ones_like(x), weight, stride=2, padding=1, groups=7)
    assert torch.allclose(judge(labels, photo)[1].scores, judge.scales[1](sums / counts).scores, atol=1e-6)


def test_patches_are_cut_where_they_should_be_and_reach_the_last_pixel():
    x = torch.arange(10 * 13).view(1, 1, 10, 13).float().repeat(2, 1, 1, 1)
    x[1] += 1000
    patches, rows, columns = cut(x, 4, 3)
    assert (rows, columns) == (3, 4)
    assert torch.equal(patches[5, 0], x[0, 0, 3:7, 3:7])  # second row, second column
    assert torch.equal(patches[12 + 3, 0], x[1, 0, 0:4, 9:13])
    assert patches[11, 0, -1, -1] == x[0, 0, -1, -1]


def test_an_extracted_patch_is_judged_by_itself_alone():
    judge = judge_of(kind="extracted", layers=2, patch_px=16, overlap=0.0)
    labels, photo = torch.randn(1, 4, 48, 48), torch.randn(1, 3, 48, 48)
    before = judge(labels, photo)[0].scores
    photo[:, :, 16:32, 16:32] = 0
    changed = judge(labels, photo)[0].scores != before
    assert changed[0, 0].nonzero().tolist() == [[1, 1]]


def test_patches_that_would_fill_the_memory_are_refused():
    with pytest.raises(
        Pix2PixError, match=r"4225 patches of 32 px cover the 96×96 picture more than 16 times"
    ):
        judge_of(kind="extracted", patch_px=32, overlap=0.97)(
            torch.zeros(1, 4, 96, 96), torch.zeros(1, 3, 96, 96)
        )


def test_a_picture_smaller_than_a_patch_is_refused():
    with pytest.raises(Pix2PixError, match="no patch of 70 px fits into 64 px"):
        judge_of(kind="extracted")(torch.zeros(1, 4, 64, 64), torch.zeros(1, 3, 64, 64))


def test_the_segmentation_judge_is_not_told_the_labels():
    judge = judge_of(kind="segmentation", layers=2)
    photo = torch.randn(1, 3, 32, 32)
    first, second = (judge(torch.randn(1, 4, 32, 32), photo)[0].scores for _ in range(2))
    assert torch.equal(first, second)


def test_spectral_norm_holds_the_largest_singular_value_at_one():
    torch.manual_seed(0)
    norm, weight = SpectralNorm(torch.randn(6, 5, 3, 3)), torch.randn(6, 5, 3, 3)
    for _ in range(50):
        divided = norm(weight)
    assert torch.linalg.matrix_norm(divided.flatten(1), 2).item() == pytest.approx(1, abs=1e-4)


def test_spectral_norm_iterates_in_training_only():
    torch.manual_seed(0)
    norm, weight = SpectralNorm(torch.randn(6, 5, 3, 3)), torch.randn(6, 5, 3, 3)
    assert not torch.equal(norm(weight), norm(weight))
    norm.eval()
    assert torch.equal(norm(weight), norm(weight))
