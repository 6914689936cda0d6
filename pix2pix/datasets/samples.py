"""What every data set gives: one photo with its label map."""

from typing import NamedTuple, Protocol

import numpy as np


class Sample(NamedTuple):
    """One photo and its label map, whole."""

    photo_rgb: np.ndarray | None  # H,W,3 uint8; None in a set of label maps alone
    label_ids: np.ndarray  # H,W uint8, Cityscapes label ids
    boundary: np.ndarray | None  # H,W bool, where one instance ends and the next begins; None: not known
    domain: int  # which of the config's domains


class Dataset(Protocol):
    """Samples by number; `names` says where each came from."""

    names: list[str]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...
