"""A recording gains its photos, picture for picture those of the videos, and loses nothing."""

import av
import numpy as np
import pytest
from click.testing import CliRunner
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from carla_bridge.batch import Item, NamedEngine, convert_item, put_photos_into_recordings
from carla_bridge.cli import main
from carla_bridge.convert import ConvertSettings
from carla_bridge.recording.chunks import find_contents
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.sources import ImportSettings, find_paths, sources_of
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import decoded, paint

LENGTH = 45
ENGINE = NamedEngine(paint, "test", "1" * 64, "cpu")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "drive.mcap"
    with DriveWriter(path, drives.meta("front", "left")) as writer:
        for number in range(LENGTH):
            writer.write(drives.tick(number, "front", "left", all_layers=True))
    return path


def items_of(recording, out, **options):
    sources = sources_of(recording, ImportSettings())
    return [Item(source, out, ConvertSettings(), **options) for source in sources]


@pytest.fixture(scope="module")
def converted(recording, tmp_path_factory):
    """The folder with both videos and the copy."""
    out = tmp_path_factory.mktemp("converted")
    items = items_of(recording, out)
    assert not [item for item in items if convert_item(item, ENGINE).failed]
    outcomes = list(put_photos_into_recordings(items, ()))
    assert [outcome.sentence for outcome in outcomes] == [f"wrote 90 photos into {out / 'drive.photo.mcap'}"]
    return out


def messages_of(path):
    """Return topic, time and number and the bytes of every message, as the official reader gives them."""
    with path.open("rb") as file:
        return [
            (channel.topic, message.log_time, message.publish_time, message.sequence, message.data)
            for _, channel, message in make_reader(file, validate_crcs=True).iter_messages()
        ]


def videos_of(path, camera):
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        topics = [f"/camera/{camera}/photo"]
        return [decoded for *_, decoded in reader.iter_decoded_messages(topics=topics)]


def test_all_other_topics_are_there_unchanged_and_a_photo_for_every_label_frame(recording, converted):
    copied = messages_of(converted / "drive.photo.mcap")
    others = [message for message in copied if not message[0].endswith("/photo")]
    assert sorted(others) == sorted(messages_of(recording))
    for camera in ("front", "left"):
        places = [message[1:4] for message in copied if message[0] == f"/camera/{camera}/photo"]
        labels = [message[1:4] for message in copied if message[0] == f"/camera/{camera}/semantic"]
        assert places == labels
        assert len(places) == LENGTH


@pytest.mark.parametrize("camera", ["front", "left"])
def test_the_photos_decoded_are_the_frames_of_the_video(converted, camera):
    decoder, pictures = av.CodecContext.create("h264", "r"), []
    for message in videos_of(converted / "drive.photo.mcap", camera):
        assert message.format == "h264"
        assert message.frame_id == f"{camera}_optical"
        pictures += decoder.decode(av.Packet(message.data))
    pictures += decoder.decode(None)
    assert len(pictures) == LENGTH
    for picture, frame in zip(pictures, decoded(converted / f"drive-{camera}.mp4"), strict=True):
        assert np.array_equal(picture.to_ndarray(format="rgb24"), frame)


def test_a_player_can_begin_each_second(converted):
    kinds = [
        {unit[0] & 31 for unit in message.data.split(b"\0\0\1")[1:]}
        for message in videos_of(converted / "drive.photo.mcap", "front")
    ]
    keys = [number for number, units in enumerate(kinds) if 5 in units]
    assert keys[0] == 0
    assert np.diff([*keys, LENGTH]).max() <= 20
    assert all({7, 8} <= kinds[number] for number in keys)  # its settings come along


def test_the_copy_is_a_recording_like_any_other(recording, converted):
    with RecordedDrive(recording) as drive, RecordedDrive(converted / "drive.photo.mcap") as copy:
        assert copy.whole
        assert copy.recording == drive.recording
        assert np.array_equal(copy.ticks, drive.ticks)
        assert np.array_equal(copy.at_tick(130).tags, drive.at_tick(130).tags)
        assert list(copy.states()) == list(drive.states())


def test_what_is_done_is_skipped_and_a_cut_copy_is_made_anew(recording, converted, tmp_path):
    items = items_of(recording, converted)
    assert [outcome.sentence for outcome in put_photos_into_recordings(items, ())] == [
        f"{converted / 'drive.photo.mcap'} is done already"
    ]
    whole = (converted / "drive.photo.mcap").read_bytes()
    for item in items_of(recording, tmp_path):
        convert_item(item, ENGINE)
    (tmp_path / "drive.photo.partial.mcap").write_bytes(whole[:5000])  # what a killed run leaves
    list(put_photos_into_recordings(items_of(recording, tmp_path), ()))
    assert (tmp_path / "drive.photo.mcap").read_bytes() == whole
    assert not (tmp_path / "drive.photo.partial.mcap").exists()


def test_a_copy_made_of_other_photos_is_replaced_only_when_told(recording, converted, tmp_path):
    (tmp_path / "drive.photo.mcap").write_bytes((converted / "drive.photo.mcap").read_bytes())
    other = NamedEngine(lambda ids: 255 - paint(ids), "other", "2" * 64, "cpu")
    for item in items_of(recording, tmp_path):
        convert_item(item, other)
    (refused,) = put_photos_into_recordings(items_of(recording, tmp_path), ())
    assert refused.failed
    assert "drive.photo.mcap exists already" in refused.sentence
    (made,) = put_photos_into_recordings(items_of(recording, tmp_path, overwrite=True), ())
    assert not made.failed


def test_photos_of_a_copy_are_replaced_not_doubled(converted, tmp_path):
    items = items_of(converted / "drive.photo.mcap", tmp_path)
    for item in items:
        convert_item(item, ENGINE)
    list(put_photos_into_recordings(items, ()))
    copied = messages_of(tmp_path / "drive.photo.photo.mcap")
    assert sum(message[0] == "/camera/left/photo" for message in copied) == LENGTH


def test_a_glob_leaves_copies_out_and_a_name_does_not(converted):
    copy = converted / "drive.photo.mcap"
    (converted / "other.mcap").touch()
    (converted / "killed.photo.partial.mcap").touch()
    assert find_paths([f"{converted}/*.mcap"]) == [converted / "other.mcap"]
    assert find_paths([str(copy)]) == [copy]


def test_a_cut_recording_gains_the_photos_of_what_is_whole(tmp_path):
    whole = tmp_path / "whole.mcap"
    with DriveWriter(whole, drives.meta()) as writer:
        for number in range(400):
            writer.write(drives.tick(number, all_layers=True, with_state=False))
    cut = tmp_path / "drive.partial.mcap"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    items = items_of(cut, tmp_path)
    assert not convert_item(items[0], ENGINE).failed
    (made,) = put_photos_into_recordings(items, ())
    assert not made.failed, made.sentence
    with RecordedDrive(cut) as drive, RecordedDrive(tmp_path / "drive.partial.photo.mcap") as copy:
        assert np.array_equal(copy.ticks, drive.ticks)
        assert len(copy) > 100
        assert copy.topics()["/camera/front/photo"] == len(copy)


def test_a_video_of_another_drive_is_refused_in_one_sentence(recording, converted, tmp_path):
    for name in ("drive-front", "drive-left"):
        (tmp_path / f"{name}.json").write_bytes((converted / f"{name}.json").read_bytes())
        (tmp_path / f"{name}.mp4").write_bytes((converted / f"{name}.mp4").read_bytes())
    longer = tmp_path / "drive.mcap"
    with DriveWriter(longer, drives.meta("front", "left")) as writer:
        for number in range(LENGTH + 1):
            writer.write(drives.tick(number, "front", "left", with_state=False))
    (outcome,) = put_photos_into_recordings(items_of(longer, tmp_path), ())
    assert outcome.failed
    assert "the video of camera 'front' has fewer pictures than" in outcome.sentence


def test_the_command_makes_videos_and_copy_and_a_folder_has_no_recording_to_put_them_into(tmp_path):
    with DriveWriter(tmp_path / "drive.mcap", drives.meta()) as writer:
        writer.write(drives.tick(0))
    np.save(tmp_path / "tags.npy", np.full((2, 32, 48), 7, np.uint8))
    config = tmp_path / "convert.yaml"
    config.write_text("into_recording: true\nside_by_side: true\ndevice: cpu\ntag_table: 0.9.14\n")
    out = tmp_path / "out"
    words = ["convert", str(tmp_path / "drive.mcap"), "--config", str(config), "--out", str(out)]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    assert "leave out --side-by-side" in refused.output
    ran = CliRunner().invoke(main, [*words, "--no-side-by-side", str(tmp_path / "tags.npy")])
    assert ran.exit_code == 1
    assert f"wrote 1 photos into {out / 'drive.photo.mcap'}" in ran.output
    assert f"{tmp_path / 'tags.npy'} is no recording to put photos into" in ran.output
    assert "1 of 4 items failed" in ran.output


def test_a_copy_that_lost_its_first_chunk_still_tells_what_the_others_hold(recording, tmp_path, monkeypatch):
    monkeypatch.setattr("carla_bridge.recording.photos.CHUNK_BYTES", 60_000)
    items = items_of(recording, tmp_path)
    assert not [item for item in items if convert_item(item, ENGINE).failed]
    assert not [outcome for outcome in put_photos_into_recordings(items, ()) if outcome.failed]
    copy = tmp_path / "drive.photo.mcap"
    with copy.open("rb") as file:
        chunks = find_contents(file).chunks
    assert len(chunks) > 3
    data = bytearray(copy.read_bytes())
    data[chunks[0].offset + 100] ^= 0xFF
    copy.write_bytes(data[: chunks[-1].offset + 50])  # the index is lost, too
    repaired = repair(copy)
    assert repaired.lost_chunks == 1
    with RecordedDrive(repaired.path) as drive:
        assert 10 < len(drive) < LENGTH
        assert {"/camera/front/photo", "/camera/left/photo"} <= drive.topics().keys()
        assert len(list(drive.photos())) == len(drive)
