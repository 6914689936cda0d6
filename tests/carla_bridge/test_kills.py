"""kill -9 at twenty random moments, and ten thousand frames: nothing is lost but the last chunk, nothing grows.

One process of its own imports everything once and forks the victims; each reports its progress through a pipe, so
that the moments are random in the work, whatever the machine is doing besides.
"""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

from carla_bridge.convert import is_converted
from carla_bridge.frames import CameraMeta, DriveTick, LabelFrame, Placement, RecordingMeta
from carla_bridge.recording.chunks import find_contents
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.repair import repair
from carla_bridge.recording.track import CHUNK_BYTES
from carla_bridge.recording.writer import QUEUED_TICKS, DriveWriter
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import flat_tick, identity, run

ROOT = Path(__file__).parents[2]
TAGS_BYTES = 512 * 512  # 16 ticks are a chunk
KILLER = """
import json, os, signal, sys

def kill_after(steps, work):
    '''Let a forked process work until it told of so many steps; say whether it had to be killed.'''
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(told)
        try:
            work(lambda: os.write(tell, b"."))
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb", buffering=0) as progress:
        alive = all(progress.read(1) for _ in range(steps))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return alive
"""


def tick(number, side_px):
    """A tick with one square picture, all of one class, which tells the tick."""
    tags = np.full((side_px, side_px), number % 29, np.uint8)
    return DriveTick((LabelFrame(number, number / 20, tags),))


def meta(side_px):
    camera = CameraMeta("front", side_px, side_px, 90.0, Placement())
    return RecordingMeta("StandIn/Maps/StandIn-0", "0.9.16", "0.9.14", 20.0, (camera,))


def run_script(script, *words):
    """Run it in a process of its own; return what it printed, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER + textwrap.dedent(script), *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_writer_killed_at_twenty_moments_loses_its_last_chunk_at_most(tmp_path):
    script = """
        import itertools
        import numpy as np
        from carla_bridge.recording.writer import DriveWriter
        from tests.carla_bridge.test_kills import meta, tick

        def write(tell):
            with DriveWriter(f"{sys.argv[1]}/{place}.mcap", meta(512)) as writer:
                for number in itertools.count():
                    writer.write(tick(number, 512))
                    tell()

        moments = np.random.default_rng(0).integers(1, 90, 20).tolist()
        for place, steps in enumerate(moments):
            assert kill_after(steps, write)
        print(json.dumps(moments))
    """
    for place, steps in enumerate(run_script(script, tmp_path)):
        partial = tmp_path / f"{place}.partial.mcap"
        with partial.open("rb") as file:
            chunks = len(find_contents(file).chunks)
        repaired = repair(partial)
        assert repaired.lost_chunks == 0
        with RecordedDrive(repaired.path) as drive:
            ticks = [frame.tick for frame in drive if (frame.tags == frame.tick % 29).all()]
        assert ticks == list(range(len(ticks)))
        assert len(ticks) >= chunks * (CHUNK_BYTES // (TAGS_BYTES + 100))
        assert len(ticks) >= steps - QUEUED_TICKS - 2 - CHUNK_BYTES // TAGS_BYTES


def test_a_conversion_killed_at_twenty_moments_gives_the_bytes_of_one_that_was_not(tmp_path):
    recording = tmp_path / "drive.mcap"
    with DriveWriter(recording, drives.meta()) as writer:
        for number in range(450):
            writer.write(flat_tick(number))
    script = """
        import numpy as np
        from pathlib import Path
        from tests.carla_bridge.test_convert import paint, run

        recording, out = Path(sys.argv[1]), Path(sys.argv[2])

        def work(tell):
            def paint_and_tell(label_ids):
                tell()
                return paint(label_ids)
            run(recording, out, engine=paint_and_tell)

        alive = [kill_after(steps, work) for steps in np.random.default_rng(1).integers(1, 60, 20).tolist()]
        print(json.dumps(alive))
    """
    killed, whole = tmp_path / "killed" / "drive.mp4", tmp_path / "whole" / "drive.mp4"
    alive = run_script(script, recording, killed)
    assert sum(alive) >= 5  # later ones may find everything done
    if not is_converted(killed, identity()):
        run(recording, killed)
    run(recording, whole)
    assert killed.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in killed.parent.iterdir()) == ["drive.json", "drive.mp4"]


def test_ten_thousand_frames_take_no_more_memory_than_a_thousand(tmp_path):
    script = """
        from carla_bridge.recording.reader import RecordedDrive
        from carla_bridge.recording.writer import DriveWriter
        from tests.carla_bridge.test_kills import meta, tick

        def memory_mb():
            return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6

        writing, reading = [], []
        with DriveWriter(sys.argv[1], meta(112)) as writer:
            for number in range(10_000):
                writer.write(tick(number, 112))
                if number in (1_000, 9_999):
                    writing.append(memory_mb())
        with RecordedDrive(sys.argv[1]) as drive:
            for number, frame in enumerate(drive):
                if number in (1_000, 9_999):
                    reading.append(memory_mb())
        print(json.dumps([writing, reading]))
    """
    for before_mb, after_mb in run_script(script, tmp_path / "drive.mcap"):
        assert after_mb - before_mb < 25  # nine thousand frames are 110 MB
