"""Back ends that build something first: what they build paints the same, is kept, and is mended when damaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from pix2pix.backends import cache, choose_backend, has_compiler, has_openvino
from pix2pix.backends.building import build
from pix2pix.backends.cache import cached, weights_hash
from pix2pix.config import GeneratorConfig
from pix2pix.errors import Pix2PixError
from pix2pix.generators import Generator, initialize
from pix2pix.inference import Engine
from pix2pix.run_directory import Progressed, make_card
from pix2pix.tensors import to_photo

CLASSES = (7, 8, 11, 21, 23, 26)
BOUND = 1.5  # of 255, on average
CONFIGS = {
    "unet": GeneratorConfig(width=8, levels=4, smooth=True, noise=True),
    "unet, batch norm": GeneratorConfig(width=8, levels=4, norm="batch"),
    "spade": GeneratorConfig(architecture="spade", width=8, levels=3, noise=True),
    "fast": GeneratorConfig(architecture="fast", width=8, levels=4, noise=True),
}
needs_openvino = pytest.mark.skipif(not has_openvino(), reason="OpenVINO is not installed")
needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pix2pix"


@pytest.fixture
def label_ids():
    blocks = np.random.default_rng(0).integers(0, 34, (1, 12, 16))
    return torch.from_numpy(np.kron(blocks, np.ones((1, 5, 5))).astype(np.uint8))  # 60×80: needs padding


def make(config):
    torch.manual_seed(0)
    generator = Generator(config, CLASSES).eval()
    initialize(generator)
    for name, weight in generator.named_parameters():
        if "base_color" in name or weight.ndim == 4:
            weight.data += torch.randn_like(weight) * 0.2
    return generator


def check(backend, generator, label_ids):
    with torch.inference_mode():
        expected = to_photo(generator(label_ids)).int()
        painter = build(backend, generator, torch.device("cpu"))
        painter.prepare(*label_ids.shape)
        painted = painter(label_ids).int()
        two = painter(label_ids.expand(2, -1, -1).contiguous()).int()  # a shape that nothing was built for
    assert expected.float().std() > 10
    assert (painted - expected).abs().float().mean() <= BOUND
    assert (two - expected).abs().float().mean() <= BOUND


@needs_openvino
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_openvino_paints_what_the_generator_paints(config, label_ids):
    check("openvino", make(config), label_ids)


@needs_compiler
def test_the_compiled_core_paints_what_the_generator_paints_and_is_only_loaded_the_second_time(
    label_ids, folder, monkeypatch
):
    generator = make(CONFIGS["fast"])
    check("compile", generator, label_ids)
    (entry,) = folder.iterdir()
    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", None)  # what is there needs no building
    check("compile", generator, label_ids)
    assert list(folder.iterdir()) == [entry]


@needs_openvino
def test_other_weights_and_other_shapes_are_other_entries(label_ids, folder):
    generator = make(CONFIGS["fast"])
    painter = build("openvino", generator, torch.device("cpu"))
    painter.prepare(1, 60, 80)
    painter.prepare(1, 60, 79)  # padded to the same
    assert len(list(folder.iterdir())) == 1
    painter.prepare(1, 30, 80)
    assert len(list(folder.iterdir())) == 2
    generator.network.photo.bias.data += 1
    build("openvino", generator, torch.device("cpu")).prepare(1, 60, 80)
    assert len(list(folder.iterdir())) == 3


@needs_openvino
def test_the_engine_says_so(tiny_config, label_ids):
    card = make_card(tiny_config, Progressed(), images=0, device="cpu")
    generator = Generator(tiny_config.generator, tiny_config.classes)
    engine = Engine(generator, card, device="cpu", reason="test", backend="openvino")
    assert "openvino in " in engine.description
    assert engine.warm_up(60, 80) > 0
    assert engine(label_ids.numpy()).shape == (1, 60, 80, 3)


def count_builds(entry_key="key"):
    builds = []

    def build(path):
        builds.append(path)
        path.write_bytes(b"built")

    return builds, lambda: cached(entry_key, "file", build=build, load=Path.read_bytes)


def test_what_was_built_once_is_not_built_again():
    builds, get = count_builds()
    assert get() == get() == b"built"
    assert len(builds) == 1


@pytest.mark.parametrize("damage", ["bit", "cut", "no hash", "no file"])
def test_a_damaged_entry_is_built_anew(damage, folder):
    builds, get = count_builds()
    get()
    if damage == "bit":
        (folder / "key" / "file").write_bytes(b"bu\xffilt"[:5])
    elif damage == "cut":
        (folder / "key" / "file").write_bytes(b"bui")
    else:
        (folder / "key" / {"no hash": "sha256", "no file": "file"}[damage]).unlink()
    assert get() == b"built"
    assert len(builds) == 2
    assert get() == b"built"
    assert len(builds) == 2


def test_an_entry_that_cannot_be_loaded_is_built_anew():
    _, get = count_builds()
    get()
    answers = iter([RuntimeError("torn"), b"loaded"])

    def load(path):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert cached("key", "file", build=lambda path: path.write_bytes(b"new"), load=load) == b"loaded"


def test_a_build_that_fails_leaves_nothing_behind(folder):
    def build(path):
        path.write_bytes(b"half")
        raise RuntimeError("no compiler")

    with pytest.raises(RuntimeError, match="no compiler"):
        cached("key", "file", build=build, load=Path.read_bytes)
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_one_sentence(folder):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    with pytest.raises(Pix2PixError, match="XDG_CACHE_HOME"):
        cached("key", "file", build=lambda path: None, load=Path.read_bytes)


def test_the_oldest_entries_go(folder, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    for key in "abc":
        count_builds(key)[1]()
    assert sorted(path.name for path in folder.iterdir()) == ["b", "c"]


def test_the_hash_knows_weights_and_structure():
    first = weights_hash(make(CONFIGS["unet"]))
    assert weights_hash(make(CONFIGS["unet"])) == first
    changed = make(CONFIGS["unet"])
    next(changed.parameters()).data.view(-1)[0] += 1e-3
    assert weights_hash(changed) != first
    assert weights_hash(make(CONFIGS["unet, batch norm"])) != first


def test_openvino_is_chosen_for_large_networks_where_it_is_installed(monkeypatch):
    monkeypatch.setattr("pix2pix.backends.has_openvino", lambda: True)
    assert choose_backend("auto", "cpu", parameters=54_000_000)[0] == "openvino"
    assert choose_backend("auto", "cpu", parameters=4_700_000)[0] == "openvino"  # `fine`
    assert choose_backend("auto", "cpu", parameters=2_500_000)[0] in ("bf16", "eager")  # `fast`
    monkeypatch.setattr("pix2pix.backends.has_openvino", lambda: False)
    assert choose_backend("auto", "cpu", parameters=54_000_000)[0] in ("bf16", "eager")
    with pytest.raises(Pix2PixError, match=r"carla-bridge\[cpu\]"):
        choose_backend("openvino", "cpu")


def test_compile_without_a_compiler_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert shutil.which("no-such-compiler") is None
    with pytest.raises(Pix2PixError, match=r"C\+\+ compiler"):
        choose_backend("compile", "cpu")
