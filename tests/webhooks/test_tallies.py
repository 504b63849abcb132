"""Changed tallies: conflated, at intervals, and always ending with the last one."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from jobs.models import seconds_from_now
from polls.kinds.base import SentAnswer
from polls.models import Poll
from polls.services import delete_poll
from tests.conftest import MakePoll, actor_of, option_ids, vote
from tests.polls.kinds.asking import answer, ask
from tests.webhooks.conftest import Receiver, hurry, make_webhook, send_due
from webhooks import tallies
from webhooks.event_types import POLL_OPENED, TALLY_CHANGED
from webhooks.formats import body_of
from webhooks.models import Delivery, DeliveryState, SentTally, Webhook, WebhookFormat
from webhooks.services import update_webhook
from webhooks.tallies import queue_changed_tallies
from workspaces.projects import create_project
from workspaces.spaces import create_workspace

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def webhook(alice: User, receiver: Receiver) -> Webhook:
    return make_webhook(alice, receiver.url, TALLY_CHANGED)


def let_the_interval_pass() -> None:
    SentTally.objects.update(queued_at=seconds_from_now(-tallies.TALLY_INTERVAL_S - 1))


def counts(delivery: Delivery) -> list[int]:
    return [each["voteCount"] for each in delivery.payload["data"]["results"]["options"]]


def test_a_changed_tally_is_queued_once(
    alice: User, bob: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    poll = make_poll()
    assert queue_changed_tallies() == 0
    vote(alice, poll, 0)
    vote(bob, poll, 1)
    assert queue_changed_tallies() == 1
    [delivery] = Delivery.objects.all()
    assert counts(delivery) == [1, 1, 0]
    poll.refresh_from_db()
    assert delivery.payload["data"]["results"]["version"] == poll.version
    let_the_interval_pass()
    send_due()
    assert queue_changed_tallies() == 0


def test_while_one_waits_no_other_is_queued_and_the_last_one_follows(
    alice: User, bob: User, webhook: Webhook, receiver: Receiver, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)
    queue_changed_tallies()
    receiver.status = 500
    send_due()
    vote(bob, poll, 1)
    let_the_interval_pass()
    assert queue_changed_tallies() == 0
    [delivery] = Delivery.objects.all()
    receiver.status = 204
    hurry(delivery)
    send_due()
    assert queue_changed_tallies() == 1
    last = Delivery.objects.get(state=DeliveryState.PENDING)
    assert counts(last) == [1, 1, 0]


def test_there_is_an_interval_between_two(
    alice: User, bob: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)
    queue_changed_tallies()
    send_due()
    vote(bob, poll, 1)
    assert queue_changed_tallies() == 0
    let_the_interval_pass()
    assert queue_changed_tallies() == 1


def test_two_processes_queue_a_tally_once(
    alice: User, webhook: Webhook, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)

    def find_stale(*args: object) -> list[object]:
        # As if both had looked before either wrote.
        return [(webhook.id, poll.id)]

    monkeypatch.setattr(tallies, "_changed", find_stale)
    # Twice in each call: for projects and for accounts.
    assert queue_changed_tallies() == 1
    Delivery.objects.update(state=DeliveryState.DELIVERED)
    assert queue_changed_tallies() == 0


def test_tallies_from_before_the_webhook_are_not_sent(
    alice: User, bob: User, receiver: Receiver, make_poll: MakePoll
) -> None:
    old = make_poll()
    vote(alice, old, 0)
    webhook = make_webhook(alice, receiver.url, TALLY_CHANGED)
    assert queue_changed_tallies() == 0
    update_webhook(actor=actor_of(alice), webhook_id=webhook.id, events=[POLL_OPENED])
    vote(bob, old, 0)
    assert queue_changed_tallies() == 0
    update_webhook(actor=actor_of(alice), webhook_id=webhook.id, events=[TALLY_CHANGED])
    assert queue_changed_tallies() == 0


def test_a_project_gets_the_tallies_of_its_polls_and_an_account_those_of_its_own(
    alice: User, bob: User, receiver: Receiver, make_poll: MakePoll
) -> None:
    project = create_project(actor=actor_of(alice), name="Town hall")
    space = create_workspace(actor=actor_of(alice), project_id=project.id, name="Evening")
    own = make_webhook(alice, receiver.url, TALLY_CHANGED)
    of_team = make_webhook(alice, receiver.url, TALLY_CHANGED, project_id=project.id)
    make_webhook(bob, receiver.url, TALLY_CHANGED)
    polls = {own: make_poll(), of_team: make_poll(workspace_id=space.id)}
    for poll in polls.values():
        vote(bob, poll, 0)
    assert queue_changed_tallies() == 2
    for webhook, poll in polls.items():
        [delivery] = Delivery.objects.filter(webhook=webhook)
        assert delivery.poll_id == poll.id


def test_a_deleted_poll_leaves_nothing_behind(
    alice: User, webhook: Webhook, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)
    queue_changed_tallies()
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    assert not SentTally.objects.exists()
    assert not Poll.objects.exists()


def test_without_webhooks_it_is_one_query(
    alice: User, make_poll: MakePoll, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    poll = make_poll()
    vote(alice, poll, 0)
    with django_assert_num_queries(1):
        assert queue_changed_tallies() == 0


def test_a_tally_has_what_its_kind_shows(alice: User, bob: User, webhook: Webhook) -> None:
    poll = ask(alice, "rating")
    answer(bob, poll, [SentAnswer(option_id=option_ids(poll)[0], score=4)])
    assert queue_changed_tallies() == 1
    [delivery] = Delivery.objects.all()
    assert delivery.payload["data"]["results"]["tally"]["options"][0]["mean"] == 4
    text = body_of(delivery.payload, WebhookFormat.SLACK, "en")
    assert "1 person voted" in text
    assert "Option 0: 4" in text
