"""Which classes a generator knows, and where the ones that it doesn't know go. Pure numpy.

Label ids are Cityscapes ids (0..33, the field's common numbering); a generator trained on data with fewer
classes paints an unknown one as its nearest kin, so that a truck becomes a car rather than noise.
"""

from collections.abc import Sequence

import numpy as np

from pix2pix.errors import Pix2PixError

VOID = 0  # Cityscapes "unlabeled"; the generator paints it from what surrounds it
IGNORED = (0, 1, 2, 3)  # unlabeled, ego vehicle, rectification border, out of roi: never judged in training
LABEL_IDS = range(34)

# id: its kin, nearest first. Every chain is followed until a known class is met; else the pixel is void.
KIN: dict[int, tuple[int, ...]] = {
    1: (), 2: (), 3: (),  # ego vehicle, rectification border, out of roi
    4: (), 5: (),         # static, dynamic: anything at all
    6: (8, 7),            # ground → sidewalk, road
    7: (),                # road
    8: (7,),              # sidewalk → road
    9: (7,),              # parking → road
    10: (7,),             # rail track → road
    11: (),               # building
    12: (11, 13),         # wall → building, fence
    13: (12, 11),         # fence → wall, building
    14: (13, 12, 11),     # guard rail → fence, wall, building
    15: (11,),            # bridge → building
    16: (11,),            # tunnel → building
    17: (),               # pole
    18: (17,),            # polegroup → pole
    19: (20, 17),         # traffic light → traffic sign, pole
    20: (19, 17),         # traffic sign → traffic light, pole
    21: (22,),            # vegetation → terrain
    22: (21, 8),          # terrain → vegetation, sidewalk
    23: (),               # sky
    24: (25,),            # person → rider
    25: (24,),            # rider → person
    26: (),               # car
    27: (26,),            # truck → car
    28: (27, 26),         # bus → truck, car
    29: (27, 26),         # caravan → truck, car
    30: (27, 26),         # trailer → truck, car
    31: (28, 27, 26),     # train → bus, truck, car
    32: (33, 25, 24),     # motorcycle → bicycle, rider, person
    33: (32, 25, 24),     # bicycle → motorcycle, rider, person
}  # fmt: skip


# Cityscapes colours of ids 0..33, for generators that take the palette (the published pix2pix's input)
PALETTE_RGB = np.array(
    [
        (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (111, 74, 0), (81, 0, 81),
        (128, 64, 128), (244, 35, 232), (250, 170, 160), (230, 150, 140), (70, 70, 70), (102, 102, 156),
        (190, 153, 153), (180, 165, 180), (150, 100, 100), (150, 120, 90), (153, 153, 153), (153, 153, 153),
        (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152), (70, 130, 180), (220, 20, 60),
        (255, 0, 0), (0, 0, 142), (0, 0, 70), (0, 60, 100), (0, 0, 90), (0, 0, 110), (0, 80, 100),
        (0, 0, 230), (119, 11, 32),
    ],
    np.uint8,
)  # fmt: skip


def channel_table(known: Sequence[int]) -> np.ndarray:
    """Return label id → input channel, 256 uint8: channel 0 is void, channel i+1 is `known[i]`."""
    if not known or len(set(known)) != len(known) or not set(known) <= set(LABEL_IDS) - set(IGNORED):
        raise Pix2PixError(
            f"the classes {list(known)} are no set of Cityscapes label ids 4..33; correct `classes`"
        )
    channels = {label_id: channel for channel, label_id in enumerate(known, start=1)}
    table = np.zeros(256, np.uint8)
    for label_id in LABEL_IDS:
        if label_id == VOID:
            continue
        nearest = next((kin for kin in (label_id, *KIN[label_id]) if kin in channels), None)
        table[label_id] = channels[nearest] if nearest is not None else 0
    return table
