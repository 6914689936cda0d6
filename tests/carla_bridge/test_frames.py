"""What CARLA's cameras send, decoded: values by hand from its documentation of the sensors."""

import numpy as np
import pytest

from carla_bridge.frames import (
    decode_depth_m,
    decode_flow,
    decode_instance_ids,
    decode_rgb,
    decode_tags,
)

BGRA = np.array([[[0, 0, 0, 255], [255, 255, 255, 255]], [[1, 2, 3, 7], [128, 0, 9, 0]]], np.uint8)
DECODERS = (decode_tags, decode_instance_ids, decode_depth_m, decode_rgb)


def test_the_tag_is_the_red_byte():
    assert decode_tags(BGRA.tobytes(), height=2, width=2).tolist() == [[0, 255], [3, 9]]


def test_the_object_number_is_green_and_blue():
    numbers = decode_instance_ids(BGRA.tobytes(), height=2, width=2)
    assert numbers.dtype == np.uint16
    assert numbers.tolist() == [[0, 65535], [2 + 256 * 1, 256 * 128]]


def test_depth_is_red_green_blue_from_the_lowest_byte_up_in_a_kilometer():
    depth_m = decode_depth_m(BGRA.tobytes(), height=2, width=2)
    steps = np.array([[0, 2**24 - 1], [3 + 256 * 2 + 65536 * 1, 9 + 65536 * 128]])
    assert depth_m.dtype == np.float32
    np.testing.assert_allclose(depth_m, 1000 * steps / (2**24 - 1), rtol=2e-7)


def test_a_further_step_is_never_nearer():
    codes = np.arange(2**24 - 512, 2**24, dtype="<u4")
    bgra = codes.view(np.uint8).reshape(1, -1, 4)[..., [2, 1, 0, 3]]
    assert (np.diff(decode_depth_m(bgra.tobytes(), height=1, width=512)[0]) >= 0).all()


def test_the_picture_is_red_green_blue():
    assert decode_rgb(BGRA.tobytes(), height=2, width=2)[1].tolist() == [[3, 2, 1], [9, 0, 128]]


def test_flow_is_two_floats():
    flow = np.array([[[0.5, -0.25]]], "<f4")
    assert decode_flow(flow.tobytes(), height=1, width=1).tolist() == flow.tolist()


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
def test_what_is_decoded_owns_its_memory(decode):
    buffer = bytearray(BGRA.tobytes())
    decoded = decode(memoryview(buffer), height=2, width=2)
    before = decoded.copy()
    buffer[:] = bytes(16)
    assert (decoded == before).all()
    assert decoded.flags.writeable
