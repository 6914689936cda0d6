"""The rules of the house, run by the same command as the tests."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from carla_bridge.labels import colorize
from pix2pix.classes import PALETTE_RGB

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_the_tools_have_nothing_to_say(command):
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", ["carla_bridge", "pix2pix"])
def test_help_loads_nothing_heavy(program):
    code = (
        f"import sys; from {program}.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'carla', 'pygame', 'av', 'numba', 'cv2', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_both_packages_paint_with_one_palette():
    label_ids = np.arange(34, dtype=np.uint8)[None]
    assert (PALETTE_RGB[label_ids] == colorize(label_ids)).all()
