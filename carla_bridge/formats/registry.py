"""The formats by the names that users type."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from carla_bridge.formats.cityscapes import Cityscapes
from carla_bridge.formats.coco import Coco
from carla_bridge.formats.sample import DatasetFormat

FORMATS: Mapping[str, Callable[[Path], DatasetFormat]] = MappingProxyType(
    {"cityscapes": Cityscapes, "coco": Coco}
)
