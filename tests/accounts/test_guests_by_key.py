"""A form submitted twice creates one guest."""

import threading

import pytest
from django.db import connection

from accounts.models import User
from accounts.services import create_guest_once
from apikit.errors import ValidationFailedError

pytestmark = pytest.mark.both

KEY = "0123456789abcdef"


def test_a_key_creates_one_guest(db: None) -> None:
    first = create_guest_once(key=KEY, name="Ann")
    assert first.is_guest
    assert first.name == "Ann"
    assert create_guest_once(key=KEY) == first
    assert create_guest_once(key=KEY[::-1]) != first
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_a_key_create_one_guest() -> None:
    gate, guests = threading.Barrier(2), set()

    def create() -> None:
        gate.wait()
        guests.add(create_guest_once(key=KEY).id)
        connection.close()

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(guests) == User.objects.count() == 1


@pytest.mark.parametrize("key", ["", "short", "k" * 256, "ключ" * 8, "a\n" * 10])
def test_a_key_that_could_be_guessed_is_refused(db: None, key: str) -> None:
    with pytest.raises(ValidationFailedError):
        create_guest_once(key=key)
    assert not User.objects.exists()
