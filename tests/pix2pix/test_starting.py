"""A generator is there soon: what only a compiler or a training needs is not imported to paint."""

import subprocess
import sys

from pix2pix.checkpoint import shipped_names

PAINT = """
import sys
import numpy as np
import pix2pix
for name in sys.argv[1:]:
    pix2pix.load(name, backend="eager")(np.zeros((1, 32, 64), np.uint8))
heavy = ("torch._dynamo", "sympy", "torchmetrics", "tensorboard", "onnxruntime")
print([each for each in heavy if each in sys.modules])
"""


def test_painting_imports_no_compiler():
    done = subprocess.run(
        [sys.executable, "-c", PAINT, *shipped_names()], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
