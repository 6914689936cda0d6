"""The formats by the names that users type."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from carla_bridge.formats.bdd100k import Bdd100k
from carla_bridge.formats.cityscapes import Cityscapes
from carla_bridge.formats.coco import Coco
from carla_bridge.formats.kitti import Kitti
from carla_bridge.formats.sample import DatasetFormat
from carla_bridge.formats.yolo import Yolo

FORMATS: Mapping[str, Callable[[Path], DatasetFormat]] = MappingProxyType(
    {"cityscapes": Cityscapes, "coco": Coco, "yolo": Yolo, "kitti": Kitti, "bdd100k": Bdd100k}
)
