"""The perceptual loss against numpy, and the ways to its weights: a path, or a download that can go wrong."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torch import nn

from pix2pix.cli import main
from pix2pix.config import TrainConfig
from pix2pix.errors import Pix2PixError
from pix2pix.perceptual import VGG_WEIGHTS, Perceptual, download_weights, load_perceptual
from pix2pix.segmenter import Segmenter, SegmenterCard, save_segmenter
from pix2pix.vgg import VGG19, download_vgg, load_vgg19

# torchvision's vgg19: place of each convolution in `features`, its channels in and out
CONVOLUTIONS = {
    0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256),
    16: (256, 256), 19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512), 28: (512, 512),
}  # fmt: skip


class Doubling(nn.Module):
    """Features of two layers: the photo and twice its first pixel row."""

    def forward(self, photo):
        return [photo, 2 * photo[:, :, :1]]


@pytest.fixture(scope="module")
def vgg_state() -> dict[str, torch.Tensor]:
    """Weights of VGG-19's size, with a layer of its classifier beside them."""
    torch.manual_seed(0)
    state = VGG19().state_dict()
    return state | {"classifier.6.bias": torch.zeros(1000)}


def test_loss_is_the_weighted_sum_of_mean_distances():
    rng = np.random.default_rng(0)
    fake, real = rng.uniform(-1, 1, (2, 2, 3, 4, 5))
    loss = Perceptual(Doubling(), Doubling(), (0.25, 3.0))(torch.from_numpy(fake), torch.from_numpy(real))
    rows = 2 * np.abs(fake[:, :, :1] - real[:, :, :1]).mean()
    assert loss.item() == pytest.approx(0.25 * np.abs(fake - real).mean() + 3 * rows, rel=1e-5)


def test_loss_without_weights_is_relative_to_the_size_of_the_features():
    rng = np.random.default_rng(1)
    fake, real = rng.uniform(-1, 1, (2, 2, 3, 4, 5))
    loss = Perceptual(Doubling(), Doubling())(torch.from_numpy(fake), torch.from_numpy(real))
    shares = [
        np.abs(fake[:, :, :rows] - real[:, :, :rows]).mean() / np.abs(real[:, :, :rows]).mean()
        for rows in (4, 1)
    ]
    assert loss.item() == pytest.approx(np.mean(shares), rel=1e-5)


def test_only_the_fake_learns_and_like_photos_cost_nothing():
    torch.manual_seed(0)
    segmenter = Segmenter((7, 8), width=4)
    perceptual = Perceptual(segmenter, segmenter.features)
    fake, real = (torch.rand(1, 3, 64, 64).requires_grad_() for _ in range(2))
    perceptual(fake, real).backward()
    assert fake.grad.abs().sum() > 0
    assert real.grad is None
    assert not any(p.requires_grad for p in perceptual.parameters())
    assert perceptual(real, real).item() == 0


def test_ignored_pixels_of_the_fake_get_no_gradient():
    torch.manual_seed(0)
    segmenter = Segmenter((7, 8), width=4)
    ignored = torch.rand(1, 1, 64, 64) < 0.3
    painted, real = torch.rand(1, 3, 64, 64, requires_grad=True), torch.rand(1, 3, 64, 64)
    Perceptual(segmenter, segmenter.features)(torch.where(ignored, real, painted), real).backward()
    assert not painted.grad[ignored.expand_as(painted)].any()
    assert painted.grad.abs().sum() > 0


def test_a_segmenter_on_disk_serves_as_the_loss(tmp_path):
    torch.manual_seed(0)
    segmenter = Segmenter((7, 8), width=4).eval()
    card = SegmenterCard(name="s", classes=(7, 8), width=4, steps=1, images=1, machine="test", versions={})
    save_segmenter(tmp_path / "s.safetensors", segmenter, card)
    perceptual = load_perceptual("segmenter", str(tmp_path / "s.safetensors"))
    fake, real = torch.rand(2, 1, 3, 64, 64)
    shares = [
        ((f - r).abs().mean() / r.abs().mean()).item()
        for f, r in zip(segmenter.features(fake), segmenter.features(real), strict=True)
    ]
    assert perceptual(fake, real).item() == pytest.approx(np.mean(shares), rel=1e-2)  # stored in 16 bits


def test_a_missing_segmenter_says_how_to_make_one():
    with pytest.raises(Pix2PixError, match=r"no segmenter nowhere\.safetensors.*pix2pix train-segmenter"):
        load_perceptual("segmenter", "nowhere.safetensors")


def test_vgg_has_the_names_and_shapes_of_torchvisions():
    with torch.device("meta"):
        found = {key: tuple(value.shape) for key, value in VGG19().state_dict().items()}
    expected = {}
    for place, (source, target) in CONVOLUTIONS.items():
        expected[f"features.{place}.weight"] = (target, source, 3, 3)
        expected[f"features.{place}.bias"] = (target,)
    assert found == expected


def test_vgg_sees_the_photo_as_imagenet_was_shown_and_taps_five_levels():
    torch.manual_seed(0)
    network = VGG19().eval()
    photo = torch.rand(1, 3, 32, 48) * 2 - 1
    with torch.no_grad():
        taps = network(photo)
    assert [tuple(tap.shape[1:]) for tap in taps] == [
        (64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6), (512, 2, 3),
    ]  # fmt: skip
    x = (photo[0].numpy() + 1) / 2
    x = (x - np.array([0.485, 0.456, 0.406])[:, None, None]) / np.array([0.229, 0.224, 0.225])[:, None, None]
    first = network.features[0]
    window, kernels = x[:, 4:7, 10:13], first.weight.detach().numpy()  # around row 5, column 11
    expected = np.maximum((kernels * window).sum((1, 2, 3)) + first.bias.detach().numpy(), 0)
    assert taps[0][0, :, 5, 11].numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_vgg_loads_from_a_file_of_the_whole_network(tmp_path, vgg_state, suffix):
    path = tmp_path / f"vgg{suffix}"
    torch.save(vgg_state, path) if suffix == ".pth" else save_file(vgg_state, path)
    perceptual = load_perceptual("vgg19", str(path))
    assert torch.equal(perceptual.network.features[28].weight, vgg_state["features.28.weight"])
    fake, real = torch.rand(2, 1, 3, 32, 32)
    with torch.no_grad():
        pairs = zip(VGG_WEIGHTS, perceptual.network(fake), perceptual.network(real), strict=True)
        expected = sum(weight * np.abs(f.numpy() - r.numpy()).mean() for weight, f, r in pairs)
        assert perceptual(fake, real).item() == pytest.approx(expected, rel=1e-4)


def test_without_weights_vgg_names_the_two_ways_on(tmp_path):
    with pytest.raises(Pix2PixError, match="perceptual_weights, or add --download-vgg"):
        load_perceptual("vgg19", str(tmp_path / "vgg19.pth"))


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.mkdir, (self.path,))


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path):
    for name, zipped in (("new.pth", True), ("old.pth", False)):
        state = {"features.0.weight": Bomb(tmp_path / "made")}
        torch.save(state, tmp_path / name, _use_new_zipfile_serialization=zipped)
        with pytest.raises(
            Pix2PixError, match=r"does not hold the weights of VGG-19 \(Weights only load failed"
        ):
            load_vgg19(tmp_path / name)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_one_sentence(tmp_path, vgg_state, suffix):
    small = {key: value for key, value in vgg_state.items() if key.startswith(("features.0", "features.2."))}
    whole = tmp_path / f"whole{suffix}"
    torch.save(small, whole) if suffix == ".pth" else save_file(small, whole)
    content = whole.read_bytes()
    damaged = tmp_path / f"damaged{suffix}"
    rng = np.random.default_rng(0)
    for _ in range(30):
        cut = bytearray(content[: rng.integers(0, len(content) + 1)])
        for place in rng.integers(0, min(len(cut), 2000) + 1, 5):
            if place < len(cut):
                cut[place] = rng.integers(0, 256)
        damaged.write_bytes(cut)
        with pytest.raises(Pix2PixError, match="does not hold the weights of VGG-19"):
            load_vgg19(damaged)


CONTENT = bytes(range(256)) * 8192  # 2 MiB: more than one part
SHA256 = hashlib.sha256(CONTENT).hexdigest()[:8]


class Answers(BaseHTTPRequestHandler):
    """Serves CONTENT, whole or with half of it missing."""

    def do_GET(self):
        if self.path == "/absent.pth":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced.pth":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/broken.pth" else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.handle_error = lambda *_: None  # a client that hangs up is no news
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["whole.pth", "unannounced.pth"])
def test_download_brings_the_file_once(address, tmp_path, name):
    path = tmp_path / "new" / "vgg.pth"
    assert download_vgg(path, address=f"{address}/{name}", sha256=SHA256) == path
    assert path.read_bytes() == CONTENT
    assert download_vgg(path, address=f"{address}/absent.pth") == path  # it is there: nothing is asked for
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("whole.pth", {"sha256": "dcbb9e9d"}, f"has the hash {SHA256}"),
        ("broken.pth", {"sha256": SHA256}, f"ended {len(CONTENT) // 2} bytes too early"),
        ("whole.pth", {"sha256": SHA256, "largest": len(CONTENT) - 1}, "is larger than"),
        ("unannounced.pth", {"sha256": SHA256, "largest": 100}, "is larger than 100 bytes"),
        ("absent.pth", {}, "can't be fetched.*404"),
    ],
)
def test_a_download_that_goes_wrong_leaves_nothing(address, tmp_path, name, arguments, message):
    with pytest.raises(Pix2PixError, match=message):
        download_vgg(tmp_path / "vgg.pth", address=f"{address}/{name}", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_download_from_nowhere_says_so(address, tmp_path):
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(Pix2PixError, match="can't be fetched"):
        download_vgg(tmp_path / "vgg.pth", address=f"https://127.0.0.1:{port}/vgg.pth")
    assert not list(tmp_path.iterdir())


def test_a_download_to_where_nothing_can_be_written_says_so(address, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Pix2PixError, match=r"vgg\.pth can't be written"):
        download_vgg(tmp_path / "file" / "vgg.pth", address=f"{address}/whole.pth", sha256=SHA256)


def test_the_flag_is_refused_where_vgg_is_not_asked_for(tiny_config):
    with pytest.raises(Pix2PixError, match="--download-vgg needs a config with perceptual: vgg19"):
        download_weights(tiny_config)


def test_the_flag_takes_the_file_that_is_there(tiny_config, tmp_path):
    path = tmp_path / "vgg.pth"
    path.write_bytes(b"there")
    config = TrainConfig.model_validate(
        tiny_config.model_dump() | {"perceptual": "vgg19", "perceptual_weights": str(path)}
    )
    assert download_weights(config) == path


def test_training_with_vgg_and_no_weights_ends_in_one_sentence(street_data, tmp_path):
    config = tmp_path / "vgg.yaml"
    config.write_text(
        "name: x\nclasses: [7, 11, 23, 26]\ncrop_px: 32\ngenerator: {width: 4, levels: 4}\n"
        "discriminators: [{width: 4, layers: 1}]\n"
        f"steps: 1\nperceptual: vgg19\nperceptual_weight: 1\nperceptual_weights: {tmp_path / 'vgg.pth'}\n"
    )
    arguments = ["--config", str(config), "--data", str(street_data), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(main, ["train", "--device", "cpu", *arguments])
    assert result.exit_code == 1
    assert "add --download-vgg" in result.output
