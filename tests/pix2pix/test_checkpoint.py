import json

import pytest
import torch
from safetensors.torch import save_file

from pix2pix import checkpoint
from pix2pix.checkpoint import Card, CheckpointError
from pix2pix.generators import Generator
from pix2pix.run_directory import Progressed, make_card


@pytest.fixture
def card(tiny_config) -> Card:
    return make_card(tiny_config, Progressed(step=4, seconds=360), images=6, device="cpu")


@pytest.fixture
def saved(tmp_path, card):
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, Generator(card.generator, card.classes), card, half=False)
    return path


def test_weights_and_card_come_back(saved, card):
    generator, read = checkpoint.load(saved)
    assert read == card
    again = saved.with_name("again.safetensors")
    checkpoint.save(again, generator, read, half=False)
    assert again.read_bytes() == saved.read_bytes()


def test_half_precision_halves_the_file(saved, card):
    small = saved.with_name("half.safetensors")
    checkpoint.save(small, checkpoint.load(saved)[0], card)
    assert small.stat().st_size < 0.7 * saved.stat().st_size
    checkpoint.load(small)


def test_a_header_that_starts_like_a_pickle_is_still_ours(tmp_path, card):
    """The first byte of a safetensors file is a length: 1 checkpoint in 32 begins with a pickle's 0x80."""
    path = tmp_path / "tiny.safetensors"
    generator = Generator(card.generator, card.classes)
    for padding in range(256):
        checkpoint.save(path, generator, card.model_copy(update={"name": "x" * padding}))
        if path.read_bytes()[0] == 0x80:
            break
    assert path.read_bytes()[0] == 0x80
    checkpoint.load(path)


def test_counters_are_kept_whole(tmp_path, card):
    config = card.generator.model_copy(update={"norm": "batch"})
    card = card.model_copy(update={"generator": config})
    generator = Generator(config, card.classes)
    counters = [value for key, value in generator.state_dict().items() if "num_batches" in key]
    for counter in counters:
        counter.fill_(70_000)  # more than half precision can hold
    checkpoint.save(tmp_path / "b.safetensors", generator, card)
    state = checkpoint.load(tmp_path / "b.safetensors")[0].state_dict()
    assert counters
    assert {int(value) for key, value in state.items() if "num_batches" in key} == {70_000}


@pytest.mark.parametrize("keep", [0, 7, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved, keep):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    with pytest.raises(CheckpointError, match="truncated or no safetensors"):
        checkpoint.load(saved)


def test_a_pickle_is_refused_without_being_opened(tmp_path):
    path = tmp_path / "evil.pt"

    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    torch.save({"weights": Evil()}, path)
    with pytest.raises(CheckpointError, match="pickled"):
        checkpoint.load(path)


def test_another_kind_of_safetensors_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="no card"):
        checkpoint.load(path)


def test_a_card_for_another_network_is_refused(saved, card):
    wide = card.model_copy(update={"generator": card.generator.model_copy(update={"width": 8})})
    save_file(_tensors(saved), saved, metadata={"card": wide.model_dump_json()})
    with pytest.raises(CheckpointError, match="does not hold the network"):
        checkpoint.load(saved)


@pytest.mark.parametrize("width", [1024, 1_000_000, 10**9])
def test_a_hostile_card_allocates_nothing(saved, card, width):
    values = json.loads(card.model_dump_json())
    values["generator"]["width"] = width
    save_file(_tensors(saved), saved, metadata={"card": json.dumps(values)})
    with pytest.raises(CheckpointError):
        checkpoint.load(saved)


def test_weights_that_are_not_finite_are_refused(saved, card):
    tensors = _tensors(saved)
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    save_file(tensors, saved, metadata={"card": card.model_dump_json()})
    with pytest.raises(CheckpointError, match="not finite"):
        checkpoint.load(saved)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '{"format": 1}', "\u0000"])
def test_a_broken_card_is_refused(saved, text):
    save_file(_tensors(saved), saved, metadata={"card": text})
    with pytest.raises(CheckpointError, match="card"):
        checkpoint.load(saved)


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(CheckpointError, match="neither a file nor a shipped name"):
        checkpoint.resolve("no-such-thing")


def _tensors(path):
    return {key: value.clone() for key, value in checkpoint.load(path)[0].state_dict().items()}
