"""The folder of recorder logs: nothing leads out of it, and nothing else in it is overwritten."""

import os

import pytest

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.recorder_logs import recordings as recordings_module
from carla_bridge.standin.recorder_logs.recordings import NoSuchLog, Recordings, default_folder
from tests.standin.recorder_examples import log_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret").write_text("not yours")
    return tmp_path / "logs"


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "a/../../secret", ".", "..", "", "a\0b", "x" * 300, "~/../../secret"]
)
def test_no_name_leads_out_of_the_folder(folder, name):
    folder.mkdir()
    for use in (Recordings(folder).open, Recordings(folder).create):
        with pytest.raises(WorldError) as refused:
            use(name)
        assert not isinstance(refused.value, NoSuchLog)
    assert [*folder.iterdir()] == []


def test_a_link_out_of_the_folder_is_refused(folder):
    folder.mkdir()
    (folder / "link.log").symlink_to(folder.parent / "secret")
    (folder / "up").symlink_to(folder.parent)
    for name in ("link.log", "up/secret", "up/new.log"):
        with pytest.raises(WorldError, match="outside"):
            Recordings(folder).create(name)
        with pytest.raises(WorldError, match="outside"):
            Recordings(folder).open(name)
    assert (folder.parent / "secret").read_text() == "not yours"


def test_whole_paths_within_the_folder_are_names_too(folder):
    recordings = Recordings(folder)
    recordings.create(str(folder / "drive.log"))[0].close()
    with pytest.raises(WorldError, match="cannot write"):  # no client makes folders
        recordings.create("night/drive.log")
    (folder / "night").mkdir()
    recordings.create("night/drive.log")[0].close()
    for name in ("drive.log", str(folder / "night" / "drive.log")):
        with recordings.open(name) as file:
            assert file.read() == b""


def test_a_log_takes_the_place_of_a_log_and_of_nothing_else(folder):
    folder.mkdir()
    (folder / "old.log").write_bytes(log_of({}))
    (folder / "README.md").write_text("read me")
    recordings = Recordings(folder)
    recordings.create("old.log")[0].close()
    assert (folder / "old.log").read_bytes() == b""
    with pytest.raises(WorldError, match="is no recorder log"):
        recordings.create("README.md")
    assert (folder / "README.md").read_text() == "read me"


def test_what_is_no_file_is_not_read(folder):
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "nested").mkdir()
    for name in ("pipe", "nested"):
        with pytest.raises(WorldError, match="is not a file"):
            Recordings(folder).open(name)
        with pytest.raises(WorldError, match="is no recorder log"):
            Recordings(folder).create(name)


def test_a_missing_log_is_said_as_carla_says_it(folder):
    with pytest.raises(NoSuchLog, match=r"File .*drive\.log not found on server"):
        Recordings(folder).open("drive.log")


def test_the_folder_holds_so_much_and_no_more(folder, monkeypatch):
    folder.mkdir()
    log = log_of({}, {}, {})
    (folder / "old.log").write_bytes(log)
    (folder / "film.mp4").write_bytes(bytes(10_000))  # none of our business
    monkeypatch.setattr(recordings_module, "MAX_FOLDER_BYTES", len(log) + 50)
    file, room_bytes = Recordings(folder).create("new.log")
    file.close()
    assert room_bytes == 50
    monkeypatch.setattr(recordings_module, "MAX_FOLDER_BYTES", len(log))
    with pytest.raises(WorldError, match="delete some"):
        Recordings(folder).create("another.log")


def test_the_default_folder_is_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "carla-bridge" / "recordings"
    assert not default_folder().exists()
