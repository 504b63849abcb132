"""Texts that hosts approve and remove: who sees them, and where."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from polls.cells import kind_of, read_tally
from polls.decisions import visible_texts
from polls.errors import NothingToDecideError, TextNotFoundError
from polls.host_models import HostDecision
from polls.models import Cell, Poll
from polls.selectors import whole_polls
from polls.services import close_poll, delete_poll
from polls.snapshots import get_snapshots_for
from tests.conftest import ClientFor, actor_of, finish_removals, make_user
from tests.polls.conftest import PublishedEvents
from tests.polls.hosting import ask, cards, results, send, settle
from votes.models import TallySample
from votes.recount import find_mismatches, repair_tally
from votes.services import retract_vote, withdraw_votes_of

pytestmark = pytest.mark.django_db(transaction=True)

HELD = {"needsApproval": True}
SECRET = "Nobody may read this."


@pytest.mark.both
def test_a_text_is_shown_once_it_is_approved_and_until_it_is_removed(
    alice: User, bob: User, charlie: User, events: PublishedEvents
) -> None:
    poll = ask(alice, "open_text", HELD)
    send(bob, poll, "Hello\nthere")
    send(charlie, poll, "Hello\r\nthere")
    assert cards(alice, poll) == [], "what hosts see waits in a list of its own"
    before = results(alice, poll).version
    assert settle(alice, poll, "approve", text="Hello\nthere")
    after = results(bob, poll)
    assert (after.tally.cards[0].text, after.tally.cards[0].count) == ("Hello\nthere", 2)  # type: ignore[union-attr]
    assert before is not None
    assert after.version == before + 1
    assert not settle(alice, poll, "approve", text="Hello\nthere")
    assert settle(alice, poll, "remove", text="Hello\nthere")
    assert cards(bob, poll) == []
    assert settle(alice, poll, "restore", text="Hello\nthere")
    assert cards(bob, poll) == []
    # Each decision was published, and none of the frames had a text that was not approved.
    tallies: list[Any] = [event.poll.tally for event in events.tallies()]
    assert [[card.text for card in each.cards] for each in tallies] == [["Hello\nthere"], [], []]
    assert list(find_mismatches()) == []


def test_without_approval_a_text_is_shown_until_it_is_removed(alice: User, bob: User) -> None:
    poll = ask(alice, "open_text")
    send(bob, poll, "Hello")
    send(alice, poll, "Hi")
    assert cards(bob, poll) == ["Hi", "Hello"]
    settle(alice, poll, "remove", text="Hello")
    assert cards(bob, poll) == ["Hi"]
    settle(alice, poll, "restore", text="Hello")
    assert cards(bob, poll) == ["Hi", "Hello"]


def test_a_text_that_is_sent_again_is_decided_already(
    alice: User, bob: User, charlie: User
) -> None:
    poll = ask(alice, "open_text", HELD)
    send(bob, poll, "Hello")
    settle(alice, poll, "approve", text="Hello")
    send(charlie, poll, "Hello")
    assert results(bob, poll).tally.cards[0].count == 2  # type: ignore[union-attr]


@pytest.mark.both
def test_a_text_that_nobody_sends_any_more_takes_its_decision_with_it(
    alice: User, bob: User, charlie: User
) -> None:
    poll = ask(alice, "open_text", HELD)
    for person, text in ((bob, "Mine"), (charlie, "Yours")):
        send(person, poll, text)
        settle(alice, poll, "approve", text=text)
    retract_vote(actor=actor_of(bob), poll_id=poll.id)
    assert [each.key for each in HostDecision.objects.all()] == ["Yours"]
    withdraw_votes_of(charlie.id)
    assert not HostDecision.objects.exists()
    with pytest.raises(TextNotFoundError):
        settle(alice, poll, "approve", text="Mine")
    # A repair that deletes the cell forgets what was decided about it.
    send(bob, poll, "Mine")
    settle(alice, poll, "approve", text="Mine")
    Cell.objects.create(poll=poll, group="text", key="Never sent", count=1)
    settle(alice, poll, "approve", text="Never sent")
    repair_tally(poll.id)
    assert [each.key for each in HostDecision.objects.all()] == ["Mine"]


def test_the_newest_approved_texts_are_shown_however_many_wait(alice: User) -> None:
    poll = ask(alice, "open_text", HELD)
    Cell.objects.bulk_create(
        Cell(poll=poll, group="text", key=f"Text {number}", count=1) for number in range(120)
    )
    for number in range(60):
        decided = {"group": "text", "key": f"Text {number}", "decided_at": timezone.now()}
        HostDecision.objects.create(poll=poll, verdict="shown", **decided)
    assert cards(alice, poll) == [f"Text {number}" for number in reversed(range(10, 60))]


def test_the_queries_do_not_depend_on_the_number_of_decisions(alice: User, bob: User) -> None:
    counts = []
    poll = ask(alice, "open_text", HELD)
    for number in range(3):
        person = make_user(f"Voter{number}")
        send(person, poll, f"Text {number}")
        settle(alice, poll, "approve", text=f"Text {number}")
        fresh = whole_polls().get(id=poll.id)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read_tally(fresh, fresh.options.all())
        counts.append(len(queries))
    assert counts == [3, 3, 3]


def test_deleting_a_poll_deletes_its_decisions(alice: User, bob: User) -> None:
    poll = ask(alice, "open_text", HELD)
    send(bob, poll, "Hello")
    settle(alice, poll, "approve", text="Hello")
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    finish_removals()
    assert not HostDecision.objects.exists()


@pytest.fixture
def held(alice: User, bob: User, charlie: User) -> Poll:
    """Somebody's text waits, another one was approved and removed, and one is shown."""
    poll = ask(alice, "open_text", HELD)
    for person, text in ((bob, SECRET), (charlie, f"Not this: {SECRET}"), (alice, "Hello")):
        send(person, poll, text)
    settle(alice, poll, "approve", text="Hello")
    settle(alice, poll, "approve", text=f"Not this: {SECRET}")
    # As if it had been on the wall for a while: samples have what was shown. There is one already
    # if the texts were sent in different seconds.
    TallySample.objects.filter(poll=poll).delete()
    fresh = whole_polls().get(id=poll.id)
    tally: Any = read_tally(fresh, ()).tally
    TallySample.objects.create(
        poll=poll,
        version=1,
        at=timezone.now(),
        counts={},
        cells={"text": [(card.text, card.count) for card in tally.cards], "sum": [("n", 3)]},
        ballot_count=3,
    )
    settle(alice, poll, "remove", text=f"Not this: {SECRET}")
    return poll


READERS = (
    "/api/polls/{id}",
    "/api/polls?creator={creator}",
    "/api/polls/code/{code}",
    "/api/polls/{id}/results",
    "/api/polls/{id}/timeline",
    "/api/polls/{id}/my-vote",
    "/api/polls/{id}/my-suggestions",
    "/api/polls/{id}/export?format=json",
    "/api/polls/{id}/export?format=csv",
    "/api/votes/my-votes",
)


def content_of(answer: Any) -> str:
    """The text of a response, also of an export that is streamed."""
    if not answer.streaming:
        return str(answer.content.decode())

    async def read() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(read)().decode()


def test_texts_that_wait_or_are_removed_are_on_no_path(
    alice: User, guest: User, held: Poll, client_for: ClientFor, visitor: Any
) -> None:
    names = {"id": held.id, "code": held.join_code, "creator": alice.id}
    for is_closed in (False, True):
        if is_closed:
            close_poll(actor=actor_of(alice), poll_id=held.id)
        for person in (guest, alice, None):
            for path in READERS:
                answer = client_for(person).get(path.format(**names))
                assert SECRET not in content_of(answer), (person, path)
        # The paths are right: what is shown is on those that have results.
        assert "Hello" in visitor.get(f"/api/polls/{held.id}/results").content.decode()
        assert "Hello" in content_of(visitor.get(f"/api/polls/{held.id}/export?format=json"))


def test_a_workbook_has_no_text_that_waits(
    held: Poll, client_for: ClientFor, bob: User, charlie: User
) -> None:
    from io import BytesIO
    from zipfile import ZipFile

    content = client_for(bob).get(f"/api/polls/{held.id}/export?format=xlsx").getvalue()
    with ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            assert SECRET.encode() not in archive.read(name), name


def test_people_see_their_own_text_while_it_waits(
    held: Poll, client_for: ClientFor, bob: User
) -> None:
    own = client_for(bob).get(f"/api/polls/{held.id}/my-vote").json()
    assert [each["text"] for each in own["answers"]] == [SECRET]


def test_snapshots_of_sockets_have_no_text_that_waits(held: Poll, alice: User, bob: User) -> None:
    snapshots = get_snapshots_for({actor_of(alice), actor_of(bob)}, held.id)
    for snapshot in snapshots.values():
        assert SECRET not in str(snapshot.results)


def test_copies_of_texts_show_what_is_shown_now(held: Poll) -> None:
    fresh = whole_polls().get(id=held.id)
    kind = kind_of(fresh, ())
    assert kind is not None
    [cells] = TallySample.objects.values_list("cells", flat=True)
    assert SECRET in json.dumps(cells)
    assert visible_texts(held.id, kind, dict(cells["text"]).keys()) == {"Hello"}


def test_copies_of_texts_that_were_taken_back_are_not_shown(alice: User, bob: User) -> None:
    for settings in ({}, HELD):
        poll = ask(alice, "open_text", settings)
        for person, text in ((alice, "Hello"), (bob, "Mine")):
            send(person, poll, text)
            settle(alice, poll, "approve", text=text)
        retract_vote(actor=actor_of(bob), poll_id=poll.id)
        kind = kind_of(poll, ())
        assert kind is not None
        assert visible_texts(poll.id, kind, {"Hello", "Mine"}) == {"Hello"}


def test_hosts_read_the_texts_in_each_state_page_by_page(
    held: Poll, alice: User, client_for: ClientFor, bob: User
) -> None:
    client, url = client_for(alice), f"/api/polls/{held.id}/texts"

    def texts(**query: Any) -> list[str]:
        return [each["text"] for each in client.get(url, query).json()["texts"]]

    assert texts() == [SECRET]
    assert texts(state="shown") == ["Hello"]
    assert texts(state="removed") == [f"Not this: {SECRET}"]
    for number in range(3):
        send(make_user(f"Voter{number}"), held, f"Text {number}")
    first = client.get(url, {"limit": 2}).json()
    assert [each["text"] for each in first["texts"]] == ["Text 2", "Text 1"]
    cursor = first["pagination"]["nextCursor"]
    assert texts(limit=2, cursor=cursor) == ["Text 0", SECRET]
    decisions = client.get(f"/api/polls/{held.id}/decisions").json()
    assert decisions["pending"] == {"texts": 4, "suggestions": 0}


def test_without_approval_nothing_waits(alice: User, bob: User, client_for: ClientFor) -> None:
    poll = ask(alice, "open_text")
    send(bob, poll, "Hello")
    client, url = client_for(alice), f"/api/polls/{poll.id}/texts"
    for state, texts in (("pending", []), ("shown", ["Hello"]), ("removed", [])):
        found = client.get(url, {"state": state}).json()["texts"]
        assert [each["text"] for each in found] == texts


def test_other_kinds_have_no_texts(alice: User) -> None:
    with pytest.raises(NothingToDecideError):
        settle(alice, ask(alice, "word_cloud"), "approve", text="Hello")
