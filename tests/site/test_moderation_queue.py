"""The start page of the admin."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import suspend_user
from apikit.errors import ForbiddenError
from polling_site.moderation.queue import read_moderation_queue
from polls.abuse_reports import report_poll
from polls.models import AbuseReason
from polls.services import hide_poll
from tests.conftest import MakePoll, actor_of, make_user
from tests.moderation_client import ModerationClient

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_start_page_shows_the_moderation_queue(
    make_poll: MakePoll, bob: User, charlie: User, staff: User
) -> None:
    reported, hidden = make_poll(question="Reported?"), make_poll(question="Hidden?")
    report_poll(
        actor=actor_of(bob), poll_id=reported.id, reason=AbuseReason.HATE, note="Look at this"
    )
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="Known spammer.")
    suspend_user(actor=actor_of(staff), user_id=charlie.id, reason="Votes from a script.")
    page = ModerationClient(staff).client.get("/admin/").content.decode()
    for words in (
        "1 report</a>",
        "Hate or harassment",
        "Look at this",
        "Known spammer.",
        "Votes from a script.",
        "No poll gets votes much faster than before.",
    ):
        assert words in page


def test_the_number_of_queries_is_constant(
    make_poll: MakePoll, staff: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def add(number: int) -> None:
        person = make_user(f"Person{number}")
        poll = make_poll()
        report_poll(actor=actor_of(person), poll_id=poll.id, reason=AbuseReason.SPAM)
        hide_poll(actor=actor_of(staff), poll_id=make_poll().id, reason="spam")
        suspend_user(actor=actor_of(staff), user_id=person.id, reason="spam")

    actor, now = actor_of(staff), timezone.now()
    for number in range(3):
        add(number)
        # Nobody has voted, so spikes take no query for polls.
        with django_assert_num_queries(6):
            read_moderation_queue(actor, now)


def test_only_staff_read_it(bob: User) -> None:
    with pytest.raises(ForbiddenError):
        read_moderation_queue(actor_of(bob), timezone.now())
