"""Limits that all processes share, in Redis if there is one."""

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from apikit import throttling
from apikit.errors import TooManyRequestsError
from apikit.throttling import SharedLimit
from tools.services import free_port

pytestmark = pytest.mark.both


def counted(limit: SharedLimit, subject: str, times: int) -> list[bool]:
    """Whether each of so many counts was within the limit."""
    return [is_within(limit, subject) for _ in range(times)]


def is_within(limit: SharedLimit, subject: str) -> bool:
    try:
        limit.count(subject)
    except TooManyRequestsError:
        return False
    return True


def test_past_the_maximum_it_refuses_and_says_for_how_long() -> None:
    assert counted(SharedLimit("guess", 2, 60), "ada", 4) == [True, True, False, False]
    with pytest.raises(TooManyRequestsError) as refusal:
        SharedLimit("guess", 2, 60).count("ada")
    assert refusal.value.retry_after_s in range(1, 61)


def test_subjects_and_limits_count_apart() -> None:
    limit = SharedLimit("guess", 1, 60)
    assert counted(limit, "ada", 2) == [True, False]
    assert counted(limit, "bob", 1) == [True]
    assert counted(SharedLimit("other", 1, 60), "ada", 1) == [True]


def test_who_is_forgotten_starts_afresh() -> None:
    limit = SharedLimit("guess", 1, 60)
    limit.count("ada")
    limit.forget("ada")
    assert counted(limit, "ada", 2) == [True, False]


def test_zero_lifts_it() -> None:
    limit = SharedLimit("guess", 0, 60)
    assert counted(limit, "ada", 5) == [True] * 5
    limit.forget("ada")


@pytest.mark.services
def test_what_another_process_counted_counts_here() -> None:
    limit = SharedLimit("guess", 1, 60)
    limit.count("ada")
    # Like another process, which has no counts of its own.
    throttling._local_limiter.cache_clear()
    throttling._shared_limiter.cache_clear()
    assert configured.REDIS_URL
    assert counted(limit, "ada", 1) == [False]


def test_while_redis_is_away_each_process_counts_for_itself(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    throttling.forget_counts()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert counted(SharedLimit("guess", 2, 60), "ada", 3) == [True, True, False]
    assert "redis unavailable" in caplog.text
    throttling._shared_limiter.cache_clear()
