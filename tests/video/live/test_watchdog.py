"""When a source counts as stalled, and when its connection is given up."""

from neuropose_ray.video.live.watchdog import FIRST_FRAME_S, Progress, Watchdog


def watchdog() -> Watchdog:
    return Watchdog(0.0, stall_s=3, kill_s=5)


def test_silence_is_first_a_stall_and_then_the_end():
    dog = watchdog()
    dog.report(Progress(1, 1), 1.0)
    assert [dog.verdict(now) for now in (3.9, 4.0, 5.9, 6.0)] == ["good", "stalled", "stalled", "dead"]


def test_messages_without_frames_are_silence_too():
    dog = watchdog()
    dog.report(Progress(10, 5), 1.0)
    for now in range(2, 7):
        assert not dog.report(Progress(10 * now, 5), float(now))
    assert dog.verdict(6.0) == "dead"


def test_a_frame_ends_a_stall():
    dog = watchdog()
    dog.report(Progress(1, 1), 0.0)
    assert dog.verdict(4.5) == "stalled"
    assert dog.report(Progress(2, 2), 4.6)
    assert dog.verdict(4.7) == "good"


def test_a_decoder_that_waits_for_its_consumer_is_not_silent():
    dog = watchdog()
    for now in range(20):
        dog.report(Progress(1, 1, idle=True), float(now))
    assert dog.verdict(20.0) == "good"
    assert dog.verdict(24.5) == "dead"


def test_a_first_keyframe_may_be_long_in_coming_while_packets_do():
    dog = watchdog()
    for now in range(int(FIRST_FRAME_S)):
        dog.report(Progress(now + 1, 0), float(now))
        assert dog.verdict(float(now)) == "good"
    dog.report(Progress(1000, 0), FIRST_FRAME_S + 1)
    assert dog.verdict(FIRST_FRAME_S + 1) == "dead"


def test_a_connection_without_an_answer_is_given_up():
    assert watchdog().verdict(5.0) == "dead"
