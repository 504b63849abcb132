"""Ids: UUIDs of version 7, which sort by age."""

import time

from apikit.ids import new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) / 1000 - time.time()) < 5


def test_ids_sort_in_the_order_they_were_made_and_never_repeat() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert made == sorted(made)
    # Databases compare them as text or as bytes.
    assert [str(each) for each in made] == sorted(str(each) for each in made)


def test_ids_of_one_moment_cannot_be_guessed_from_each_other() -> None:
    tails = {new_id().int & ((1 << 32) - 1) for _ in range(100)}
    assert len(tails) == 100
