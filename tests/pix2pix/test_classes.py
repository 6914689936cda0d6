import pytest

from pix2pix.classes import channel_table
from pix2pix.errors import Pix2PixError

CAMVID = [7, 8, 11, 13, 17, 20, 21, 23, 24, 25, 26]


@pytest.mark.parametrize(
    ("label_id", "becomes"),
    [
        (19, 20),
        (27, 26),
        (28, 26),
        (31, 26),
        (22, 21),
        (12, 11),
        (32, 25),
        (33, 25),
        (14, 13),
        (6, 8),
        (9, 7),
    ],
)
def test_an_unknown_class_becomes_its_nearest_kin(label_id, becomes):
    table = channel_table(CAMVID)
    assert table[label_id] == table[becomes] != 0


def test_known_classes_keep_channels_of_their_own():
    table = channel_table(CAMVID)
    assert sorted(table[CAMVID]) == list(range(1, len(CAMVID) + 1))


@pytest.mark.parametrize("label_id", [0, 1, 2, 3, 4, 5, 34, 255])
def test_what_has_no_kin_is_void(label_id):
    assert channel_table(CAMVID)[label_id] == 0


@pytest.mark.parametrize("known", [[], [7, 7], [0, 7], [34], [-1]])
def test_nonsense_classes_are_refused(known):
    with pytest.raises(Pix2PixError, match="Cityscapes label ids"):
        channel_table(known)
