"""Whose an invented id of the lobby is, in the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor, visitor
from apikit.ids import new_id
from chat.errors import LobbyIdTakenError
from chat.lobby.identities import (
    KEPT_FOR,
    Claim,
    Identity,
    claim_identity,
    prune_identities,
    release_identity,
)
from chat.models import LobbyIdentity
from chat.people import merge_people
from tests.conftest import actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def claim(
    client_id: str = "a1", account: Actor | None = None, network: str = "192.0.2.7"
) -> Identity | UUID:
    return claim_identity(
        Claim(
            client_id=client_id,
            name="Ada",
            account=account or visitor(),
            network=network,
            session_id=new_id(),
        )
    )


def test_one_of_many_gets_a_new_id() -> None:
    """The others learn who has it."""
    together = threading.Barrier(4)

    def race() -> Identity | UUID:
        together.wait()
        try:
            return claim()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        results = [each.result() for each in [threads.submit(race) for _ in range(4)]]
    [winner] = [each for each in results if isinstance(each, Identity)]
    row = LobbyIdentity.objects.get()
    assert (row.holder, row.user_id) == (winner.session_id, winner.actor.id)
    assert {each for each in results if isinstance(each, UUID)} == {winner.session_id}
    assert User.objects.filter(is_guest=True).count() == 1


def test_only_the_stay_that_has_an_id_releases_it() -> None:
    first = claim()
    assert isinstance(first, Identity)
    release_identity(new_id())
    assert claim() == first.session_id
    release_identity(first.session_id)
    second = claim()
    assert isinstance(second, Identity)
    # Late, after somebody else has it.
    release_identity(first.session_id)
    assert claim() == second.session_id
    assert second.actor == first.actor


def test_the_id_of_a_guest_who_signs_in_is_the_accounts(bob: User) -> None:
    first = claim()
    assert isinstance(first, Identity)
    assert first.actor.id is not None
    merge_people(first.actor.id, bob.id)
    release_identity(first.session_id)
    with pytest.raises(LobbyIdTakenError):
        claim()
    assert isinstance(claim(account=actor_of(bob), network="198.51.100.1"), Identity)


def test_an_id_that_was_not_used_for_long_is_free() -> None:
    for client_id in ("a1", "b1"):
        claim(client_id)
    long_ago = timezone.now() - KEPT_FOR - timedelta(days=1)
    LobbyIdentity.objects.filter(client_id="a1").update(seen_at=long_ago)
    assert prune_identities("").deleted == 1
    assert isinstance(claim("a1", network="198.51.100.1"), Identity)
    assert isinstance(claim("b1"), UUID)
