"""Label maps in order, to be painted as a video."""

from pathlib import Path

import cv2
import numpy as np

from pix2pix.datasets import Dataset, Sample, Selection, open_split
from pix2pix.datasets.pack import INDEX, read_index
from pix2pix.errors import Pix2PixError


class LabelFolder:
    """The PNGs of a folder in the order of their names: label ids, one 8-bit channel, all of one size."""

    def __init__(self, root: Path) -> None:
        self._paths = sorted(root.glob("*.png"))
        self.names = [path.name for path in self._paths]
        self._shape: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Sample:
        path = self._paths[index]
        label_ids = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if label_ids is None or label_ids.ndim != 2 or label_ids.dtype != np.uint8:
            raise Pix2PixError(
                f"{path} is no label map (one 8-bit channel of label ids); remove or replace it"
            )
        self._shape = self._shape or label_ids.shape
        if label_ids.shape != self._shape:
            raise Pix2PixError(f"{path} is {label_ids.shape}, those before it {self._shape}; give one video")
        return Sample(None, label_ids, None, 0)


def open_video(path: Path) -> Dataset:
    """Return the frames of a pack, of a data set's folder or of a folder of label maps."""
    splits = sorted(read_index(path).splits) if (path / INDEX).is_file() else ["val", "train"]
    for split in splits:
        if (dataset := open_split(path, split, Selection())) is not None:
            return dataset
    folder = LabelFolder(path)
    if len(folder) < 2:
        raise Pix2PixError(f"{path} holds no video; --video takes a pack or a folder with PNGs of label ids")
    return folder
