"""What the README says is true: its example runs, and every command and file that it names exists."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import carla_bridge.cli
import pix2pix.cli

ROOT = Path(__file__).parents[1]
RECORDINGS = (ROOT / "docs/recordings.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = {"carla-bridge": carla_bridge.cli.main, "pix2pix": pix2pix.cli.main}


def test_the_library_example_runs_and_prints_a_line_per_frame(tmp_path):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.endswith("(256, 512) (256, 512, 3)")]) == 20


def test_the_pipe_can_be_had_from_the_package_whatever_was_imported_before():
    code = (
        "import carla_bridge.live; from carla_bridge import translate; assert callable(translate), translate"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("program", "main"), PROGRAMS.items())
def test_every_command_stands_in_the_readme(program, main):
    missing = [name for name in main.commands if f"{program} {name}" not in README]
    assert not missing


@pytest.mark.parametrize(
    ("program", "name", "words"),
    re.findall(
        r"\b(carla-bridge|pix2pix) ([a-z]+)([^`\n#]*)", README.split("## As a command")[1] + RECORDINGS
    ),
)
def test_every_command_in_the_readme_exists_with_its_options(program, name, words):
    if name not in PROGRAMS[program].commands:
        assert not words.strip().startswith("--"), f"{program} {name}"
        return
    known = {option for parameter in PROGRAMS[program].commands[name].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", words)) <= known


def test_every_file_that_the_readme_links_is_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
