from pathlib import Path

import pytest

from carla_bridge.outputs import CannotWrite, OutputExists, make_room, partial_path, save_numbered, save_whole


def test_a_whole_file_appears_alone(tmp_path):
    save_whole(tmp_path / "new" / "sheet.png", b"whole")
    assert (tmp_path / "new" / "sheet.png").read_bytes() == b"whole"
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_an_old_file_goes_only_when_asked(tmp_path):
    path = tmp_path / "sheet.png"
    path.write_bytes(b"old")
    with pytest.raises(OutputExists, match="--overwrite"):
        save_whole(path, b"new")
    assert path.read_bytes() == b"old"
    save_whole(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_a_folder_is_never_replaced_by_a_file(tmp_path):
    with pytest.raises(OutputExists):
        make_room(tmp_path, overwrite=True)


def test_a_file_in_the_way_of_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match=r"cannot write .*sheet\.png: .+; free the place"):
        save_whole(tmp_path / "file" / "sheet.png", b"")


def test_the_partial_name_keeps_the_ending_so_that_players_open_it(tmp_path):
    assert partial_path(tmp_path / "a.drive.mp4").name == "a.drive.partial.mp4"


def test_numbers_go_up_and_nothing_is_replaced(tmp_path):
    names = [save_numbered(tmp_path / "shot", ".png", bytes([n])).name for n in range(3)]
    assert names == ["shot-0001.png", "shot-0002.png", "shot-0003.png"]
    assert (tmp_path / "shot-0001.png").read_bytes() == b"\0"


def test_a_folder_that_cannot_be_written_to_is_noticed_before_the_work():
    with pytest.raises(CannotWrite, match=r"cannot write /proc/drive\.mcap: .+; free the place"):
        make_room(Path("/proc/drive.mcap"), overwrite=False)


def test_looking_whether_a_folder_can_be_written_to_leaves_nothing(tmp_path):
    make_room(tmp_path / "new" / "drive.mcap", overwrite=False)
    assert list((tmp_path / "new").iterdir()) == []
