import pytest

from carla_bridge import timing
from carla_bridge.timing import StageTimes


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until told."""

    class Clock:
        now_s = 100.0

        def perf_counter(self):
            return self.now_s

    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def test_quantiles_are_those_of_the_measured_times(clock):
    times = StageTimes()
    for milliseconds in range(101):
        with times.measure("generate"):
            clock.now_s += milliseconds / 1e3
    p50, p95 = times.quantiles_ms("generate")
    assert p50 == pytest.approx(50)
    assert p95 == pytest.approx(95)


def test_only_the_window_counts(clock):
    times = StageTimes(window=4)
    for milliseconds in (1000, 1000, 5, 5, 5, 5):
        with times.measure("show"):
            clock.now_s += milliseconds / 1e3
    assert times.quantiles_ms("show") == pytest.approx((5, 5))


def test_stages_come_in_the_order_of_their_first_use():
    times = StageTimes()
    for stage in ("receive", "map", "generate", "map", "receive"):
        with times.measure(stage):
            pass
    assert times.stages() == ("receive", "map", "generate")


def test_a_stage_that_raises_is_not_counted():
    times = StageTimes()
    with pytest.raises(KeyError), times.measure("map"):
        raise KeyError
    assert times.stages() == ()


def test_frame_rate_is_frames_per_second_and_zero_before_two(clock):
    times = StageTimes()
    assert times.fps_hz() == 0
    times.frame_done()
    assert times.fps_hz() == 0
    for _ in range(200):
        clock.now_s += 0.05
        times.frame_done()
    assert times.fps_hz() == pytest.approx(20)


def test_frame_rate_follows_a_change_within_two_seconds_of_frames(clock):
    times = StageTimes()
    for step_s in [0.05] * 100 + [0.1] * 40:
        clock.now_s += step_s
        times.frame_done()
    assert times.fps_hz() == pytest.approx(10)


def test_the_age_of_a_frame_counts_from_the_beginning_of_its_own_tick(clock):
    times = StageTimes()
    for tick in (7, 8):  # the second one begins before the first is done
        times.tick_began(tick, clock.now_s)
        clock.now_s += 0.01
    times.frame_done(7)
    clock.now_s += 0.03
    times.frame_done(8)
    assert sorted(times._seconds["age"]) == pytest.approx([0.02, 0.04])
    times.frame_done(9)  # nobody knows its beginning
    assert len(times._seconds["age"]) == 2


def test_ticks_that_are_never_done_are_forgotten():
    times = StageTimes()
    for tick in range(1000):
        times.tick_began(tick, 0.0)
    assert len(times._begun) < 100
