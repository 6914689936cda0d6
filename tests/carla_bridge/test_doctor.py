"""The doctor states facts, with a next step for each bad one, and never fails itself."""

import socket

from carla_bridge.doctor import Check, examine


def checks(tmp_path, describe_engine=lambda: "fast on cpu"):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    found = examine("127.0.0.1", port, describe_engine=describe_engine, out=tmp_path / "not" / "yet")
    return {check.name: check for check in found}


def test_every_fact_has_a_finding_and_every_bad_one_a_next_step(tmp_path):
    for check in checks(tmp_path).values():
        assert check.finding, check
        assert check.ok or check.next_step or "; start one" in check.finding, check


def test_a_missing_server_is_a_finding(tmp_path):
    server = checks(tmp_path)["CARLA server"]
    assert not server.ok
    assert "no CARLA server answered at 127.0.0.1:" in server.finding


def test_an_engine_that_cannot_be_described_is_a_finding(tmp_path):
    def broken():
        raise OSError("no weights at fast.safetensors")

    assert checks(tmp_path, broken)["engine"] == Check(
        "engine",
        False,
        "no weights at fast.safetensors",
        "name a checkpoint with --checkpoint, or reinstall torch",
    )


def test_a_place_that_does_not_exist_yet_has_a_disk(tmp_path):
    assert str(tmp_path) in checks(tmp_path)["disk"].finding
