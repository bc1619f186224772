"""When an account rests: failures in a row, one message that tries, and the time a provider asked for."""

from __future__ import annotations

from hub.rate import AT_ONCE, REST_SECONDS, THRESHOLD, Breaker


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_one_success_closes_it() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    assert breaker.room(0) == AT_ONCE
    assert breaker.room(AT_ONCE - 1) == 1
    assert breaker.room(AT_ONCE + 5) == 0
    opened = [breaker.failed() for _ in range(THRESHOLD)]
    assert opened == [False] * (THRESHOLD - 1) + [True]
    assert (breaker.is_open, breaker.room(0)) == (True, 0)
    seconds.now += REST_SECONDS[0]
    assert (breaker.room(0), breaker.room(1)) == (1, 0)
    assert breaker.succeeded()
    assert not breaker.succeeded()
    assert (breaker.is_open, breaker.room(0)) == (False, AT_ONCE)


def test_a_success_between_failures_counts_them_anew() -> None:
    breaker = Breaker(Seconds())
    for _ in range(THRESHOLD * 3):
        assert not breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open


def test_it_rests_longer_each_time_up_to_a_limit() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    for _ in range(THRESHOLD - 1):
        breaker.failed()
    rests = []
    for _ in range(len(REST_SECONDS) + 2):
        breaker.failed()
        rests.append(breaker.rests_for)
        seconds.now += breaker.rests_for
    assert tuple(rests) == (*REST_SECONDS, REST_SECONDS[-1], REST_SECONDS[-1])


def test_a_time_the_provider_asked_for_is_kept_and_is_no_failure() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)
    breaker.throttled(30)
    breaker.throttled(5)
    assert (breaker.rests_for, breaker.is_open, breaker.room(0)) == (30, False, 0)
    seconds.now += 30
    assert breaker.room(0) == AT_ONCE
