"""The commands as a user types them: real processes, a real client on a real socket, real files."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner

from carla_bridge.cli import KEYS, main
from carla_bridge.cli_options import threads_beside
from carla_bridge.config import LiveConfig, load_config
from carla_bridge.standin.process import StandInProcess
from pix2pix import checkpoint
from pix2pix.config import GeneratorConfig, TrainConfig
from pix2pix.generators import Generator
from pix2pix.run_directory import Progressed, make_card

PROGRAM = Path(sys.executable).with_name("carla-bridge")
SMALL = ["--headless", "--width", "64", "--height", "32", "--device", "cpu"]


@pytest.fixture(scope="module")
def standin():
    with StandInProcess(seed=1, vehicles=2, walkers=2) as server:
        yield server


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A checkpoint too small to paint anything, quick to load."""
    config = TrainConfig(
        name="tiny", classes=(7, 8, 11, 23, 26), generator=GeneratorConfig(width=4, levels=3)
    )
    card = make_card(config, Progressed(), images=0, device="cpu")
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    checkpoint.save(path, Generator(card.generator, card.classes), card)
    return path


def run(*words, **options):
    command = [PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_demo_leaves_a_video_and_a_contact_sheet(tiny, tmp_path):
    out = tmp_path / "new" / "drive.mp4"
    done = run("demo", *SMALL, "--frames", 12, "--out", out, "--checkpoint", tiny)
    assert done.returncode == 0, done.stderr
    frames = frames_of(out)
    assert len(frames) == 12
    assert frames[0].shape == (32, 128, 3)
    assert out.with_suffix(".png").is_file()
    assert "StandIn/Maps/StandIn-0" in done.stdout
    assert sorted(path.name for path in out.parent.iterdir()) == ["drive.mp4", "drive.png"]


def test_the_video_names_the_town_it_shows(tiny, tmp_path):
    out = tmp_path / "drive.mp4"
    assert run("demo", *SMALL, "--frames", 2, "--seed", 3, "--out", out, "--checkpoint", tiny).returncode == 0
    with av.open(str(out)) as container:
        assert "StandIn/Maps/StandIn-3" in container.metadata["title"]


def test_what_a_killed_demo_left_does_not_hinder_the_next(tiny, tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "drive-001.partial.mp4").write_bytes(b"precious")
    done = run("demo", *SMALL, "--frames", 2, "--checkpoint", tiny, cwd=tmp_path)
    assert "wrote recordings/drive-002.mp4" in done.stdout, done.stderr
    assert (tmp_path / "recordings" / "drive-001.partial.mp4").read_bytes() == b"precious"


def test_demo_without_a_screen_says_so_and_goes_on(tiny, tmp_path):
    environment = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    }
    words = [word for word in SMALL if word != "--headless"]
    done = run("demo", *words, "--frames", 3, "--checkpoint", tiny, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert "no window could be opened" in done.stdout
    assert "wrote recordings/drive-001.mp4 and recordings/drive-001.png" in done.stdout
    assert len(frames_of(tmp_path / "recordings" / "drive-001.mp4")) == 3


def test_demo_shows_a_window_where_there_is_one(tiny, tmp_path):
    words = [word for word in SMALL if word != "--headless"]
    environment = os.environ | {"SDL_VIDEODRIVER": "dummy"}
    done = run("demo", *words, "--frames", 3, "--checkpoint", tiny, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert " show " in done.stdout
    assert not (tmp_path / "recordings").exists()


def test_live_drives_a_server_that_is_running(standin, tiny, tmp_path):
    out = tmp_path / "drive.mp4"
    done = run("live", *SMALL, "--port", standin.port, "--frames", 4, "--out", out, "--checkpoint", tiny)
    assert done.returncode == 0, done.stderr
    assert len(frames_of(out)) == 4
    assert "nothing to do" in run("recover", "--port", standin.port).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_drive_finishes_its_video_and_frees_the_server(standin, tiny, tmp_path, number):
    out = tmp_path / "drive.mp4"
    words = ["live", *SMALL, "--port", standin.port, "--out", out, "--checkpoint", tiny]
    with subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
        while "driving" not in process.stdout.readline():
            assert process.poll() is None
        partial = out.with_suffix(".partial.mp4")
        wait_until(lambda: partial.exists() and partial.stat().st_size > 2000)
        process.send_signal(number)
        text = process.stdout.read()
    assert process.returncode == 130, text
    assert frames_of(out)
    assert "nothing to do" in run("recover", "--port", standin.port).stdout


def test_ctrl_c_in_the_terminal_reaches_the_demo_and_its_stand_in_alike(tiny, tmp_path):
    out = tmp_path / "drive.mp4"
    words = ["demo", *SMALL, "--frames", 100_000, "--out", out, "--checkpoint", tiny]
    command = [PROGRAM, *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while "driving" not in process.stdout.readline():
            assert process.poll() is None
        partial = out.with_suffix(".partial.mp4")
        wait_until(lambda: partial.exists() and partial.stat().st_size > 2000)
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does
        _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "could not" not in errors
    assert frames_of(out)


def test_a_server_that_dies_is_one_sentence(tiny, tmp_path):
    out, config = tmp_path / "drive.mp4", tmp_path / "c.yaml"
    config.write_text(f"checkpoint: {tiny}\nserver: {{timeout_s: 3.0}}")
    with StandInProcess(seed=1, vehicles=0, walkers=0) as server:
        words = ["live", *SMALL, "--port", server.port, "--out", out, "--config", config]
        command = [PROGRAM, *map(str, words)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while "driving" not in process.stdout.readline():
                assert process.poll() is None
            partial = out.with_suffix(".partial.mp4")
            wait_until(lambda: partial.exists() and partial.stat().st_size > 2000)
            os.kill(server.pid, signal.SIGKILL)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 1, errors
    assert f"127.0.0.1:{server.port} is lost" in errors
    assert "Traceback" not in errors
    assert not out.exists()
    assert frames_of(out.with_suffix(".partial.mp4"))


def test_nobody_at_the_port_is_one_sentence(tiny):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said_in_one_sentence(run("live", *SMALL, "--port", port, "--checkpoint", tiny), f"127.0.0.1:{port}")


def test_a_server_that_accepts_and_never_answers_is_one_sentence(tiny, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("server: {timeout_s: 1.0}")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        done = run("live", *SMALL, "--port", port, "--checkpoint", tiny, "--config", config)
    said_in_one_sentence(done, "no CARLA server answered")


@pytest.mark.parametrize("kind", ["truncated", "pickle", "text", "missing"])
def test_a_bad_checkpoint_is_one_sentence(tiny, tmp_path, kind):
    bad = tmp_path / "bad.safetensors"
    if kind == "truncated":
        bad.write_bytes(tiny.read_bytes()[:-100])
    elif kind == "pickle":
        bad.write_bytes(pickle.dumps({"a": 1}))
    elif kind == "text":
        bad.write_text("hello, this is no checkpoint at all")
    done = run("demo", *SMALL, "--frames", 1, "--out", tmp_path / "d.mp4", "--checkpoint", bad)
    said_in_one_sentence(done, "bad.safetensors")
    assert not (tmp_path / "d.mp4").exists()


def test_an_output_that_exists_is_kept(tiny, tmp_path):
    out = tmp_path / "drive.mp4"
    out.write_text("precious")
    said_in_one_sentence(
        run("demo", *SMALL, "--frames", 1, "--out", out, "--checkpoint", tiny), "--overwrite"
    )
    assert out.read_text() == "precious"


def test_a_video_that_would_be_its_own_contact_sheet_is_refused(tiny, tmp_path):
    out = tmp_path / "drive.png"
    out.write_text("precious")
    done = run("demo", *SMALL, "--frames", 1, "--out", out, "--overwrite", "--checkpoint", tiny)
    said_in_one_sentence(done, ".mp4")
    assert out.read_text() == "precious"


def test_an_output_that_cannot_be_written_is_one_sentence(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("demo", *SMALL, "--frames", 1, "--out", tmp_path / "file" / "drive.mp4", "--checkpoint", tiny)
    said_in_one_sentence(done, "drive.mp4")


def test_a_size_no_camera_has_is_one_sentence(tiny):
    done = run("demo", "--headless", "--width", 0, "--frames", 1, "--checkpoint", tiny)
    said_in_one_sentence(done, "camera.width")


def test_a_busy_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said_in_one_sentence(run("standin", "--port", taken.getsockname()[1]), str(taken.getsockname()[1]))


def test_wrong_usage_is_exit_2():
    assert run("live", "--prot", 1).returncode == 2


def test_standin_serves_until_it_is_told_to_end():
    with subprocess.Popen([PROGRAM, "standin", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        assert "not CARLA itself" in line
        port = line.split(":")[1].split(";")[0]
        assert "nothing to do" in run("recover", "--port", port).stdout
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130


def test_doctor_names_engine_server_and_next_steps(standin, tiny):
    done = run("doctor", "--port", standin.port, "--checkpoint", tiny, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "tiny on cpu" in done.stdout
    assert f"0.9.16 at 127.0.0.1:{standin.port}" in done.stdout
    assert "libx264: opens" in done.stdout


def test_doctor_goes_on_past_a_missing_checkpoint():
    done = run("doctor", "--port", 1, "--checkpoint", "nope")
    assert "engine: no checkpoint nope" in done.stdout, done.stderr
    assert "disk:" in done.stdout


@pytest.mark.parametrize("host", ["127.0.0..1", "no.such.host.invalid"])
def test_a_host_that_is_none_is_one_sentence(tiny, host):
    said_in_one_sentence(run("live", *SMALL, "--host", host, "--checkpoint", tiny), host)


def test_doctor_says_what_to_do_without_a_server(tiny):
    done = run("doctor", "--port", 1, "--checkpoint", tiny)
    assert "carla-bridge standin" in done.stdout


def test_recover_says_what_it_would_do_and_does_it_only_when_told(standin):
    code = (
        "import carla, os; c = carla.Client('127.0.0.1', %d); w = c.get_world(); s = w.get_settings();"
        "s.synchronous_mode = True; s.fixed_delta_seconds = 0.05; w.apply_settings(s);"
        "b = w.get_blueprint_library().find('vehicle.tesla.model3');"
        "[w.try_spawn_actor(b, p) for p in w.get_map().get_spawn_points()[:3]]; w.tick(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code % standin.port], check=False, timeout=60)
    asked = run("recover", "--port", standin.port, input="n\n")
    assert "turn synchronous mode off" in asked.stdout
    assert "vehicle.tesla.model3" in asked.stdout
    assert "nothing was changed" in asked.stdout
    assert run("recover", "--port", standin.port, "--yes").returncode == 0
    assert "nothing to do" in run("recover", "--port", standin.port).stdout


def test_every_command_has_help_with_an_example():
    for name in main.commands:
        shown = CliRunner().invoke(main, [name, "--help"]).output
        assert "Example: carla-bridge" in shown


def test_every_option_reaches_the_config():
    values = {
        "host": "h",
        "tag_table": "0.9.14",
        "unknown_tags": "unlabeled",
        "takeover": True,
        "weather": "ClearNoon",
    }
    values |= {"checkpoint": "c", "device": "cpu", "backend": "eager", "overlap": False}
    values["edits"] = (Path("recipe.yaml"),)
    for name, key in KEYS.items():
        value = values.get(name, 77)
        config = load_config(None, LiveConfig, {key: value})
        for part in key.split("."):
            config = getattr(config, part)
        assert config == value


def test_an_address_in_use_by_the_drive_is_not_taken_over(standin, tiny):
    hold = threading.Event()
    done = threading.Event()

    def other_client():
        import carla

        world = carla.Client(standin.host, standin.port).get_world()
        before, settings = world.get_settings(), world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
        world.apply_settings(settings)
        done.set()
        hold.wait(60)
        world.apply_settings(before)

    thread = threading.Thread(target=other_client)
    thread.start()
    done.wait(60)
    try:
        refused = run("live", *SMALL, "--port", standin.port, "--frames", 1, "--checkpoint", tiny)
    finally:
        hold.set()
        thread.join()
    said_in_one_sentence(refused, "--takeover")


def said_in_one_sentence(done, word):
    assert done.returncode == 1, done.stdout + done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1


def wait_until(condition, *, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("host", "overlap", "cores", "threads"),
    [
        ("127.0.0.1", True, 4, 3),
        ("127.0.0.1", True, 1, 1),
        ("127.0.0.1", False, 4, None),
        ("10.0.0.7", True, 4, None),
    ],
)
def test_a_core_is_left_to_a_simulator_that_works_meanwhile(host, overlap, cores, threads, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)))
    assert threads_beside(host, overlap=overlap) == threads


def test_who_sets_the_threads_keeps_them(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads_beside("127.0.0.1", overlap=True) is None
