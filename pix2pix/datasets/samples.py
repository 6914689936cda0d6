"""What every data set gives, one photo with its label map; and which of its samples are wanted."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

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


class Selection(NamedTuple):
    """Which samples are wanted, and what their files don't say."""

    skip: tuple[str, ...] = ()  # sequences (folders) to leave out
    only: tuple[str, ...] = ()  # sequences to keep; none named: all
    skip_bad: bool = False  # go on without pairs of which a file is missing
    domain: int = 0
    labels_on: Literal["left", "right"] | None = None  # of aligned pictures; None: found out

    def takes(self, folders: Iterable[str]) -> bool:
        """Say whether a sample in these folders is wanted."""
        names = set(folders)
        return not names & set(self.skip) and (not self.only or bool(names & set(self.only)))
