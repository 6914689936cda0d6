"""Label maps of others come in as they are, in the right order, or are refused with the reason."""

import random

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from carla_bridge.cli import main
from carla_bridge.importers.decoding import tags_in
from carla_bridge.importers.drives import open_import
from carla_bridge.importers.errors import CannotImport
from carla_bridge.importers.ordering import in_order
from carla_bridge.labels import TAG_TABLES, tag_table
from carla_bridge.recording.reader import RecordedDrive

RNG = np.random.default_rng(0)


def tags(*shape, release="0.9.14"):
    numbers = [row.tag for row in tag_table(release).rows]
    return RNG.choice(np.array(numbers, np.uint8), shape)


def raw_png(path, tag_map):
    """As image.save_to_disk writes a raw semantic image: the tag in red, opaque."""
    bgra = np.zeros((*tag_map.shape, 4), np.uint8)
    bgra[..., 2], bgra[..., 3] = tag_map, 255
    cv2.imwrite(str(path), bgra)


def palette_png(path, tag_map, release):
    colours = np.zeros((256, 3), np.uint8)
    for row in tag_table(release).rows:
        colours[row.tag] = row.carla_rgb
    cv2.imwrite(str(path), colours[tag_map][..., ::-1])


def read(path, **options):
    with open_import(path, **options) as drive:
        return drive.meta, list(drive)


def test_raw_tags_in_the_red_channel(tmp_path):
    maps = {8: tags(4, 6), 9: tags(4, 6), 10: tags(4, 6)}
    for tick, each in maps.items():
        raw_png(tmp_path / f"{tick}.png", each)  # without zeros, as scripts write them: "10" sorts before "8"
    meta, frames = read(tmp_path, release="0.9.14")
    assert (meta.width, meta.height) == (6, 4)
    assert [frame.tick for frame in frames] == [8, 9, 10]
    assert all(np.array_equal(frame.tags, maps[frame.tick]) for frame in frames)
    assert frames[2].time_s == pytest.approx(0.1)


@pytest.mark.parametrize("release", TAG_TABLES)
def test_colours_of_every_release_come_back_as_the_same_classes(tmp_path, release):
    tag_map = tags(40, 60, release=release)
    palette_png(tmp_path / "000001.png", tag_map, release)
    meta, (frame,) = read(tmp_path)
    back = tag_table(meta.tag_table).label_ids(frame.tags)
    assert np.array_equal(back, tag_table(release).label_ids(tag_map))


def test_a_colour_that_fits_no_class_is_reported_and_not_guessed(tmp_path):
    picture = np.full((4, 4, 3), (128, 64, 128), np.uint8)
    picture[0, 0] = (129, 64, 128)  # BGR
    cv2.imwrite(str(tmp_path / "1.png"), picture)
    with pytest.raises(CannotImport, match=r"colours \(128, 64, 129\) fit no class"):
        read(tmp_path)


def test_cityscapes_label_ids_are_read_as_such_over_all_cities(tmp_path):
    ids = np.array([[7, 8, 11, 26]], np.uint8)
    for city, number in (("ulm", 2), ("aachen", 1)):
        folder = tmp_path / "gtFine" / "train" / city
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f"{city}_000000_{number:06d}_gtFine_labelIds.png"), ids + (city == "ulm"))
    meta, frames = read(tmp_path)
    assert meta.tag_table == "cityscapes"
    assert np.array_equal(tag_table("cityscapes").label_ids(frames[0].tags), ids)
    assert np.array_equal(frames[1].tags, ids + 1)


def test_a_jpeg_is_refused_with_the_reason_whatever_it_is_called(tmp_path):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "a.jpg").rename(tmp_path / "1.png")
    with pytest.raises(CannotImport, match="JPEG, which changes labels at every edge"):
        read(tmp_path)


def test_a_frame_of_another_size_is_named(tmp_path):
    raw_png(tmp_path / "1.png", tags(4, 6))
    raw_png(tmp_path / "2.png", tags(6, 4))
    with pytest.raises(CannotImport, match=r"2\.png: it is 4×6 pixels, the first one is 6×4"):
        read(tmp_path, release="0.9.14")


def test_a_cut_picture_is_named(tmp_path):
    raw_png(tmp_path / "1.png", tags(40, 60))
    content = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(content[:30])
    with pytest.raises(CannotImport, match=r"1\.png"):
        read(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CannotImport, match="not one label map"):
        read(tmp_path)


@pytest.mark.parametrize("names", [["a.png", "1.png"], ["01.png", "1.png"], ["99999999999.png"]])
def test_names_whose_order_would_be_a_guess_are_refused(tmp_path, names):
    with pytest.raises(CannotImport, match="number"):
        in_order(tmp_path, [tmp_path / name for name in names])


@given(st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=30), st.booleans(), st.randoms())
def test_order_is_that_of_the_frame_numbers(numbers, padded, rnd):
    from pathlib import Path

    width = 10 if padded else 0
    files = [Path(f"out/cam2_{number:0{width}d}.png") for number in numbers]
    rnd.shuffle(files)
    ordered = in_order(Path("out"), files)
    assert [tick for tick, _ in ordered] == sorted(numbers)
    assert all(str(tick) in file.stem for tick, file in ordered)


@given(st.data(), st.sampled_from(sorted(TAG_TABLES)))
def test_colours_are_inverted_exactly(data, release):
    from pathlib import Path

    rows = tag_table(release).rows
    chosen = data.draw(st.lists(st.sampled_from(rows), min_size=2, max_size=12))
    picture = np.array([[row.carla_rgb[::-1] for row in chosen]], np.uint8)
    if not picture[..., :2].any():
        return
    found, _ = tags_in(picture, Path("x.png"), release)
    assert [row.carla_rgb for row in rows for tag in found[0] if row.tag == tag][:1]
    by_tag = {row.tag: row.carla_rgb for row in rows}
    assert [by_tag[int(tag)] for tag in found[0]] == [row.carla_rgb for row in chosen]


def test_stacks_of_arrays(tmp_path):
    stack = tags(5, 4, 6)
    np.save(tmp_path / "drive.npy", stack)
    np.savez(tmp_path / "drive.npz", tags=stack)
    for name in ("drive.npy", "drive.npz"):
        _, frames = read(tmp_path / name)
        assert np.array_equal([frame.tags for frame in frames], stack)
        with open_import(tmp_path / name) as drive:
            assert [frame.tick for frame in drive.frames(3, 99)] == [3, 4]


def test_a_pickle_in_a_stack_is_never_opened(tmp_path):
    np.save(tmp_path / "drive.npy", np.array([{"a": 1}], object))
    with pytest.raises(CannotImport, match="no plain array"):
        read(tmp_path / "drive.npy")


def test_a_stack_of_another_type_is_refused(tmp_path):
    np.save(tmp_path / "drive.npy", np.zeros((3, 4, 5), np.float32))
    with pytest.raises(CannotImport, match=r"float32 of shape \(3, 4, 5\); tags are uint8"):
        read(tmp_path / "drive.npy")


def video(path, codec, pix_fmt, maps):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = maps.shape[2], maps.shape[1], pix_fmt
        for each in maps:
            frame = av.VideoFrame.from_ndarray(each, format="gray")
            container.mux(stream.encode(frame.reformat(format=pix_fmt) if pix_fmt != "gray" else frame))
        container.mux(stream.encode())


def test_a_lossless_video_comes_back_to_the_bit(tmp_path):
    maps = tags(6, 32, 48)
    video(tmp_path / "drive.mkv", "ffv1", "gray", maps)
    meta, frames = read(tmp_path / "drive.mkv")
    assert meta.fps_hz == 10.0
    assert np.array_equal([frame.tags for frame in frames], maps)


def test_a_lossy_video_is_refused_with_its_codec(tmp_path):
    video(tmp_path / "drive.mp4", "libx264", "yuv420p", tags(3, 32, 48))
    with pytest.raises(CannotImport, match="its codec h264 loses something"):
        read(tmp_path / "drive.mp4")


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "drive.mkv").write_bytes(random.Random(0).randbytes(1000))
    with pytest.raises(CannotImport, match="no video that can be read"):
        read(tmp_path / "drive.mkv")


def test_the_command_makes_a_recording(tmp_path):
    folder, out = tmp_path / "_out", tmp_path / "old.mcap"
    folder.mkdir()
    maps = {number: tags(4, 6, release="0.9.10") for number in (5, 6)}
    for number, each in maps.items():
        raw_png(folder / f"{number:06d}.png", each)
    command = ["import", str(folder), "--out", str(out), "--tag-table", "0.9.10", "--fps", "10"]
    ran = CliRunner().invoke(main, command)
    assert ran.exit_code == 0, ran.output
    with RecordedDrive(out) as drive:
        assert (drive.meta.tag_table, drive.meta.fps_hz, drive.recording.source) == ("0.9.10", 10.0, "_out")
        assert [frame.tick for frame in drive] == [5, 6]
        assert all(np.array_equal(frame.tags, maps[frame.tick]) for frame in drive)


def as_video(path):
    video(path.with_suffix(".mkv"), "ffv1", "gray", tags(6, 32, 48))
    return path.with_suffix(".mkv")


def cut_video(path):
    """A video of which the middle is noise."""
    name = as_video(path)
    content = bytearray(name.read_bytes())
    content[1500:-500] = random.Random(0).randbytes(len(content) - 2000)
    name.write_bytes(content)
    return name


def array_called_npz(path):
    np.save(path.with_suffix(".npy"), tags(2, 4, 6))
    return path.with_suffix(".npy").rename(path.with_suffix(".npz"))


def noise_called_npz(path):
    path.with_suffix(".npz").write_bytes(b"PK\x03\x04" + bytes(100))
    return path.with_suffix(".npz")


def damaged_npz(path):
    name = path.with_suffix(".npz")
    np.savez_compressed(name, tags(20, 40, 60))
    content = bytearray(name.read_bytes())
    content[2000:2100] = bytes(100)
    name.write_bytes(content)
    return name


def bomb(path):
    """An .npz of a few bytes whose header promises 16 GiB."""
    import zipfile

    name = path.with_suffix(".npz")
    with zipfile.ZipFile(name, "w") as archive, archive.open("tags.npy", "w") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (64, 16384, 16384)}
        np.lib.format.write_array_header_1_0(file, header)
    return name


def wide_png(path):
    """A PNG of a hundred bytes whose header promises 2 ** 30 pixels a row."""
    name = path.with_suffix("") / "1.png"
    name.parent.mkdir()
    raw_png(name, tags(4, 6))
    content = bytearray(name.read_bytes())
    content[16:20] = (2**30).to_bytes(4, "big")
    name.write_bytes(content)
    return name.parent


def wide_stack(path):
    np.save(path.with_suffix(".npy"), np.zeros((1, 1, 16385), np.uint8))
    return path.with_suffix(".npy")


def unreadable_png(path):
    (path.with_suffix("") / "1.png").mkdir(parents=True)
    return path.with_suffix("")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (cut_video, "it is damaged|it ends after|not one picture|no video that can be read"),
        (array_called_npz, "it is no plain array"),
        (noise_called_npz, "it is no plain array"),
        (damaged_npz, "it is no plain array"),
        (bomb, r"its shape \(64, 16384, 16384\) is more than 4294967296 pixels; split it"),
        (wide_png, "it is 1073741824×4 pixels; sides have 1 to 16384"),
        (wide_stack, "it is 16385×1 pixels; sides have 1 to 16384"),
        (unreadable_png, r"1\.png: it cannot be read \(Is a directory\)"),
    ],
)
def test_whatever_is_damaged_or_hostile_is_one_sentence(tmp_path, make, sentence):
    path = make(tmp_path / "drive.any")
    with pytest.raises(CannotImport, match=sentence):
        read(path, release="0.9.14")


def test_a_video_that_ends_early_is_not_taken_for_a_shorter_one(tmp_path):
    path = as_video(tmp_path / "drive.any")
    with open_import(path) as drive:
        drive._count = 9  # as the header of a file that was cut says
        with pytest.raises(CannotImport, match="it ends after 6 of its 9 pictures"):
            list(drive)
