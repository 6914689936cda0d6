"""Records survive a kill: whole lines stay, half a line goes; what is not ours is refused."""

import json

import pytest

from carla_bridge.synthesis.records import DamagedRecords, RecordWriter, read_records


def test_records_are_added_to_those_that_are_there(tmp_path):
    path = tmp_path / "records" / "d0000.jsonl"
    for stems in (["a", "b"], ["c"]):
        with RecordWriter(path) as records:
            for stem in stems:
                records.add({"stem": stem})
    assert [record["stem"] for record in read_records(path)] == ["a", "b", "c"]


@pytest.mark.parametrize("torn", [b'{"stem": "b', b"{", b'{"stem": "b"}'])
def test_half_a_line_is_dropped_and_written_anew(tmp_path, torn):
    path = tmp_path / "d0000.jsonl"
    path.write_bytes(b'{"stem": "a"}\n' + torn)
    assert [record["stem"] for record in read_records(path)] == ["a"]
    with RecordWriter(path) as records:
        assert [record["stem"] for record in records.found] == ["a"]
        records.add({"stem": "b"})
    assert path.read_bytes() == b'{"stem": "a"}\n{"stem": "b"}\n'


@pytest.mark.parametrize("line", ["[]", "no json", json.dumps({"other": 1}), "\xff"])
def test_what_is_no_record_is_refused_by_its_line(tmp_path, line):
    path = tmp_path / "d0000.jsonl"
    path.write_text('{"stem": "a"}\n' + line + "\n", encoding="latin-1")
    with pytest.raises(DamagedRecords, match="line 2"):
        read_records(path)


def test_no_file_is_no_records(tmp_path):
    assert read_records(tmp_path / "none.jsonl") == []
