"""The class tables themselves, as rows: the official Cityscapes one, and CARLA's tags release by release.

Nothing here is computed; `labels` gives the rows their names and look-ups.
Sources: cityscapesScripts `helpers/labels.py`; CARLA's `CityObjectLabel` and `CityScapesPalette.h`.
"""

from types import MappingProxyType

Rgb = tuple[int, int, int]

# fmt: off
CITYSCAPES_ROWS: tuple[tuple[str, int, int, str, bool, bool, Rgb], ...] = (
    # name                   id  train id category      instances ignored color
    ("unlabeled",              0, 255, "void",         False, True,  (  0,   0,   0)),
    ("ego vehicle",            1, 255, "void",         False, True,  (  0,   0,   0)),
    ("rectification border",   2, 255, "void",         False, True,  (  0,   0,   0)),
    ("out of roi",             3, 255, "void",         False, True,  (  0,   0,   0)),
    ("static",                 4, 255, "void",         False, True,  (  0,   0,   0)),
    ("dynamic",                5, 255, "void",         False, True,  (111,  74,   0)),
    ("ground",                 6, 255, "void",         False, True,  ( 81,   0,  81)),
    ("road",                   7,   0, "flat",         False, False, (128,  64, 128)),
    ("sidewalk",               8,   1, "flat",         False, False, (244,  35, 232)),
    ("parking",                9, 255, "flat",         False, True,  (250, 170, 160)),
    ("rail track",            10, 255, "flat",         False, True,  (230, 150, 140)),
    ("building",              11,   2, "construction", False, False, ( 70,  70,  70)),
    ("wall",                  12,   3, "construction", False, False, (102, 102, 156)),
    ("fence",                 13,   4, "construction", False, False, (190, 153, 153)),
    ("guard rail",            14, 255, "construction", False, True,  (180, 165, 180)),
    ("bridge",                15, 255, "construction", False, True,  (150, 100, 100)),
    ("tunnel",                16, 255, "construction", False, True,  (150, 120,  90)),
    ("pole",                  17,   5, "object",       False, False, (153, 153, 153)),
    ("polegroup",             18, 255, "object",       False, True,  (153, 153, 153)),
    ("traffic light",         19,   6, "object",       False, False, (250, 170,  30)),
    ("traffic sign",          20,   7, "object",       False, False, (220, 220,   0)),
    ("vegetation",            21,   8, "nature",       False, False, (107, 142,  35)),
    ("terrain",               22,   9, "nature",       False, False, (152, 251, 152)),
    ("sky",                   23,  10, "sky",          False, False, ( 70, 130, 180)),
    ("person",                24,  11, "human",        True,  False, (220,  20,  60)),
    ("rider",                 25,  12, "human",        True,  False, (255,   0,   0)),
    ("car",                   26,  13, "vehicle",      True,  False, (  0,   0, 142)),
    ("truck",                 27,  14, "vehicle",      True,  False, (  0,   0,  70)),
    ("bus",                   28,  15, "vehicle",      True,  False, (  0,  60, 100)),
    ("caravan",               29, 255, "vehicle",      True,  True,  (  0,   0,  90)),
    ("trailer",               30, 255, "vehicle",      True,  True,  (  0,   0, 110)),
    ("train",                 31,  16, "vehicle",      True,  False, (  0,  80, 100)),
    ("motorcycle",            32,  17, "vehicle",      True,  False, (  0,   0, 230)),
    ("bicycle",               33,  18, "vehicle",      True,  False, (119,  11,  32)),
    ("license plate",         -1,  -1, "vehicle",      False, True,  (  0,   0, 142)),
)

_FROM_0_8: tuple[tuple[int, str, str, Rgb], ...] = (
    # no sky, no traffic light of its own, one tag for all vehicles
    ( 0, "NONE",         "unlabeled",     (  0,   0,   0)),
    ( 1, "Buildings",    "building",      ( 70,  70,  70)),
    ( 2, "Fences",       "fence",         (190, 153, 153)),
    ( 3, "Other",        "unlabeled",     (250, 170, 160)),
    ( 4, "Pedestrians",  "person",        (220,  20,  60)),
    ( 5, "Poles",        "pole",          (153, 153, 153)),
    ( 6, "RoadLines",    "road",          (157, 234,  50)),
    ( 7, "Roads",        "road",          (128,  64, 128)),
    ( 8, "Sidewalks",    "sidewalk",      (244,  35, 232)),
    ( 9, "Vegetation",   "vegetation",    (107, 142,  35)),
    (10, "Vehicles",     "car",           (  0,   0, 142)),
    (11, "Walls",        "wall",          (102, 102, 156)),
    (12, "TrafficSigns", "traffic sign",  (220, 220,   0)),
)

_FROM_0_9_10: tuple[tuple[int, str, str, Rgb], ...] = (
    # still one tag for all vehicles
    ( 0, "NONE",         "unlabeled",     (  0,   0,   0)),
    ( 1, "Buildings",    "building",      ( 70,  70,  70)),
    ( 2, "Fences",       "fence",         (100,  40,  40)),
    ( 3, "Other",        "unlabeled",     ( 55,  90,  80)),
    ( 4, "Pedestrians",  "person",        (220,  20,  60)),
    ( 5, "Poles",        "pole",          (153, 153, 153)),
    ( 6, "RoadLines",    "road",          (157, 234,  50)),
    ( 7, "Roads",        "road",          (128,  64, 128)),
    ( 8, "Sidewalks",    "sidewalk",      (244,  35, 232)),
    ( 9, "Vegetation",   "vegetation",    (107, 142,  35)),
    (10, "Vehicles",     "car",           (  0,   0, 142)),
    (11, "Walls",        "wall",          (102, 102, 156)),
    (12, "TrafficSigns", "traffic sign",  (220, 220,   0)),
    (13, "Sky",          "sky",           ( 70, 130, 180)),
    (14, "Ground",       "ground",        ( 81,   0,  81)),
    (15, "Bridge",       "bridge",        (150, 100, 100)),
    (16, "RailTrack",    "rail track",    (230, 150, 140)),
    (17, "GuardRail",    "guard rail",    (180, 165, 180)),
    (18, "TrafficLight", "traffic light", (250, 170,  30)),
    (19, "Static",       "static",        (110, 190, 160)),
    (20, "Dynamic",      "dynamic",       (170, 120,  50)),
    (21, "Water",        "unlabeled",     ( 45,  60, 150)),
    (22, "Terrain",      "terrain",       (145, 170, 100)),
)

_FROM_0_9_14: tuple[tuple[int, str, str, Rgb], ...] = (
    # 1..19 are the Cityscapes train ids plus one
    ( 0, "NONE",         "unlabeled",     (  0,   0,   0)),
    ( 1, "Roads",        "road",          (128,  64, 128)),
    ( 2, "Sidewalks",    "sidewalk",      (244,  35, 232)),
    ( 3, "Buildings",    "building",      ( 70,  70,  70)),
    ( 4, "Walls",        "wall",          (102, 102, 156)),
    ( 5, "Fences",       "fence",         (190, 153, 153)),
    ( 6, "Poles",        "pole",          (153, 153, 153)),
    ( 7, "TrafficLight", "traffic light", (250, 170,  30)),
    ( 8, "TrafficSigns", "traffic sign",  (220, 220,   0)),
    ( 9, "Vegetation",   "vegetation",    (107, 142,  35)),
    (10, "Terrain",      "terrain",       (152, 251, 152)),
    (11, "Sky",          "sky",           ( 70, 130, 180)),
    (12, "Pedestrians",  "person",        (220,  20,  60)),
    (13, "Rider",        "rider",         (255,   0,   0)),
    (14, "Car",          "car",           (  0,   0, 142)),
    (15, "Truck",        "truck",         (  0,   0,  70)),
    (16, "Bus",          "bus",           (  0,  60, 100)),
    (17, "Train",        "train",         (  0,  80, 100)),
    (18, "Motorcycle",   "motorcycle",    (  0,   0, 230)),
    (19, "Bicycle",      "bicycle",       (119,  11,  32)),
    (20, "Static",       "static",        (110, 190, 160)),
    (21, "Dynamic",      "dynamic",       (170, 120,  50)),
    (22, "Other",        "unlabeled",     ( 55,  90,  80)),
    (23, "Water",        "unlabeled",     ( 45,  60, 150)),
    (24, "RoadLines",    "road",          (157, 234,  50)),
    (25, "Ground",       "ground",        ( 81,   0,  81)),
    (26, "Bridge",       "bridge",        (150, 100, 100)),
    (27, "RailTrack",    "rail track",    (230, 150, 140)),
    (28, "GuardRail",    "guard rail",    (180, 165, 180)),
)

_FROM_0_10 = (
    *_FROM_0_9_14,
    (29, "Rock",         "unlabeled",     (180, 130,  70)),  # in ue5-dev since January 2025, after 0.10.0
)
# fmt: on

TAG_ROWS = MappingProxyType(
    {"0.8": _FROM_0_8, "0.9.10": _FROM_0_9_10, "0.9.14": _FROM_0_9_14, "0.10": _FROM_0_10}
)
