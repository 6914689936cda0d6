import numpy as np
import pytest
import torch

from pix2pix import checkpoint
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.segmentation import segment
from pix2pix.generators import Generator
from pix2pix.inference import Engine, choose_device, load
from pix2pix.run_directory import Progressed, make_card
from pix2pix.tensors import PALETTE_RGB, LabelInput, to_photo, to_signed


@pytest.fixture
def generator(tiny_config):
    torch.manual_seed(0)
    return Generator(tiny_config.generator, tiny_config.classes)


@pytest.fixture
def engine(generator, tiny_config):
    card = make_card(tiny_config, Progressed(), images=0, device="cpu")
    return Engine(generator, card, device="cpu", reason="test", backend="eager")


@pytest.fixture
def label_ids():
    return np.random.default_rng(0).choice([7, 8, 11, 21, 23, 26], (2, 32, 48)).astype(np.uint8)


def test_bytes_in_bytes_out(engine, label_ids):
    photo_rgb = engine(label_ids)
    assert photo_rgb.shape == (2, 32, 48, 3)
    assert photo_rgb.dtype == np.uint8
    assert photo_rgb.std() > 1  # a picture, not a constant


def test_a_frame_does_not_depend_on_its_batch(engine, label_ids):
    together = engine(label_ids).astype(int)
    alone = np.concatenate([engine(one[None]) for one in label_ids]).astype(int)
    assert np.abs(together - alone).max() <= 1


def test_the_call_is_pure(engine, label_ids):
    before = label_ids.copy()
    first = engine(label_ids)
    engine(label_ids[:, ::-1].copy())
    assert (engine(label_ids) == first).all()
    assert (label_ids == before).all()


def test_label_ids_of_a_pack_are_taken_without_a_warning(engine, label_ids):
    written = engine(label_ids)
    label_ids.flags.writeable = False  # as those of a memory-mapped pack are
    assert (engine(label_ids) == written).all()
    segmenter = torch.nn.Conv2d(3, 2, 1)
    written.flags.writeable = False
    assert segment(segmenter, written[0]).shape == (32, 48)


@pytest.mark.parametrize(("height", "width"), [(30, 48), (32, 41), (33, 50), (1, 1), (20, 100)])
def test_any_size_is_padded_and_cropped_inside(engine, height, width):
    label_ids = np.full((1, height, width), 7, np.uint8)
    photo_rgb = engine(label_ids)
    assert photo_rgb.shape == (1, height, width, 3)
    assert photo_rgb.flags.c_contiguous


def test_padding_repeats_the_edge(engine):
    label_ids = np.random.default_rng(1).choice([7, 11], (1, 30, 45)).astype(np.uint8)
    padded = np.pad(label_ids, ((0, 0), (0, 2), (0, 3)), mode="edge")
    assert (engine(label_ids) == engine(padded)[:, :30, :45]).all()


def test_a_truck_is_painted_as_a_car_where_trucks_are_unknown(engine, label_ids):
    trucks = np.where(label_ids == 26, 27, label_ids).astype(np.uint8)
    assert (engine(trucks) == engine(label_ids)).all()


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((32, 32), np.uint8), np.zeros((1, 32, 32), np.int64), np.zeros((0, 32, 32), np.uint8)],
    ids=["no batch", "int64", "empty"],
)
def test_another_shape_or_type_is_refused(engine, wrong):
    with pytest.raises(Pix2PixError, match=r"uint8 \(N, H, W\)"):
        engine(wrong)


def test_too_many_pixels_are_refused(engine):
    with pytest.raises(Pix2PixError, match="pixels"):
        engine(np.broadcast_to(np.uint8(7), (1, 1 << 14, 1 << 13)))


def test_palette_input_shows_the_network_the_cityscapes_colours():
    signed = LabelInput((7, 26), "palette")(torch.tensor([[[26, 7, 28]]], dtype=torch.uint8))
    assert (to_photo(signed).numpy()[0, 0] == PALETTE_RGB[[26, 7, 26]]).all()


def test_one_hot_input_has_a_channel_per_class_and_one_for_void():
    channels = LabelInput((7, 26), "one-hot")(torch.tensor([[[0, 7, 26]]], dtype=torch.uint8))
    assert torch.equal(channels[0, :, 0], torch.eye(3))


def test_photo_bytes_survive_the_way_through_the_tensor():
    photo = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).expand(1, 16, 16, 3)
    assert torch.equal(to_photo(to_signed(photo)), photo)


def test_a_saved_generator_paints_what_the_engine_painted(engine, generator, label_ids, tmp_path):
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, generator, engine.card, half=False)
    assert (load(path, device="cpu", backend="eager")(label_ids) == engine(label_ids)).all()


def test_the_engine_leaves_the_callers_generator_alone(engine, generator, label_ids):
    before = engine(label_ids)
    for weight in generator.parameters():
        weight.data.zero_()
    assert (engine(label_ids) == before).all()


def test_the_description_says_device_and_back_end_with_their_reasons(engine):
    assert engine.description == "tiny on cpu (test), eager in float32 (asked for)"


@pytest.mark.parametrize("device", ["tpu", "cuda:x9"])
def test_unknown_devices_are_refused(device):
    with pytest.raises(Pix2PixError, match="--device"):
        choose_device(device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_auto_says_why_the_cpu_was_chosen():
    device, reason = choose_device("auto")
    assert device == "cpu"
    assert "no CUDA device" in reason


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("backend", ["eager", "half", "graphs"])
def test_cuda_paints_what_the_cpu_paints(engine, generator, label_ids, backend):
    cuda = Engine(generator, engine.card, device="cuda", reason="test", backend=backend)
    for ids in (label_ids, label_ids[:, ::-1]):  # a graph must look at what it is given anew
        assert np.abs(cuda(ids).astype(int) - engine(ids)).mean() < 1.5
