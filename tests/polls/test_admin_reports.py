"""The queue of reports, and the fields of hiding, in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.abuse_reports import report_poll
from polls.models import AbuseReason, AbuseReport, Poll
from tests.conftest import MakePoll, actor_of
from tests.moderation_client import ModerationClient, log_of, messages_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def report(user: User, poll: Poll, note: str = "") -> AbuseReport:
    report_poll(actor=actor_of(user), poll_id=poll.id, reason=AbuseReason.SPAM, note=note)
    return AbuseReport.objects.get(poll=poll, reporter=user)


@pytest.mark.parametrize("action", ["resolve", "dismiss"])
def test_reports_are_decided_in_the_queue(
    moderator: ModerationClient, make_poll: MakePoll, bob: User, charlie: User, action: str
) -> None:
    poll = make_poll()
    first, second = report(bob, poll, "Buy this!"), report(charlie, poll)
    assert "Buy this!" in moderator.list_of(AbuseReport, state="open").content.decode()
    done = {"resolve": "resolved", "dismiss": "dismissed"}[action]
    assert messages_of(moderator.act(action, first, second)) == [f"2 abuse reports: {done}."]
    assert log_of(first) == [f"{done.capitalize()}."]
    assert moderator.list_of(AbuseReport, state="open").context["cl"].result_count == 0
    assert moderator.list_of(AbuseReport, poll=str(poll.pk)).context["cl"].result_count == 2


def test_the_page_of_a_report_is_read_only(
    moderator: ModerationClient, make_poll: MakePoll, bob: User
) -> None:
    entry = report(bob, make_poll(), "Buy this!")
    page = moderator.page_of(entry)
    assert "Buy this!" in page.content.decode()
    assert (
        moderator.client.post(moderator.address(AbuseReport, entry), {"note": "x"}).status_code
        == 403
    )


def test_the_number_of_queries_does_not_depend_on_the_length_of_the_queue(
    moderator: ModerationClient,
    make_poll: MakePoll,
    bob: User,
    charlie: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    poll = make_poll()
    report(bob, poll)
    moderator.settle()
    with django_assert_num_queries(4):
        moderator.list_of(AbuseReport)
    for user in (charlie, User.objects.create(name="Guest", is_guest=True)):
        report(user, poll)
    with django_assert_num_queries(4):
        moderator.list_of(AbuseReport)


def test_the_form_for_hiding_explains_who_reads_what(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    page = moderator.act("hide_polls", make_poll()).content.decode()
    assert "Only staff can read this" in page
    assert "Shown to the creator" in page


def test_the_creator_gets_the_message_and_the_log_gets_both(
    moderator: ModerationClient, make_poll: MakePoll, alice: User
) -> None:
    poll = make_poll()
    moderator.act("hide_polls", poll, reason="Known spammer.", message="No advertising, please.")
    hidden = Poll.objects.get(id=poll.id)
    assert hidden.hidden_reason == "Known spammer."
    assert hidden.hidden_message == "No advertising, please."
    entry = LogEntry.objects.get(object_id=str(poll.id))
    assert "Known spammer." in entry.change_message
    assert "No advertising, please." in entry.change_message
    moderator.act("restore_polls", poll)
    assert Poll.objects.get(id=poll.id).hidden_message == ""


@pytest.mark.parametrize(
    "path",
    [
        "/manage/{id}",
        "/manage/{id}/edit",
        "/manage",
        "/present/{id}",
        "/p/{code}",
        "/embed/{id}",
        "/manage/{id}/share",
    ],
)
def test_no_page_of_the_creator_shows_the_private_reason(
    moderator: ModerationClient, make_poll: MakePoll, alice: User, path: str
) -> None:
    poll = make_poll()
    moderator.act("hide_polls", poll, reason="Known spammer.", message="No advertising, please.")
    creator = ModerationClient(alice).client
    page = creator.get(path.format(id=poll.id, code=poll.join_code)).content.decode()
    assert "spammer" not in page
    if path == "/manage/{id}":
        assert "No advertising, please." in page


@pytest.mark.parametrize("action", ["hide_polls", "delete_selected"])
def test_every_confirmation_page_says_that_the_reason_is_private(
    moderator: ModerationClient, make_poll: MakePoll, action: str
) -> None:
    assert "Only staff can read this" in moderator.act(action, make_poll()).content.decode()


def test_a_poll_leads_to_its_page_on_the_site(
    moderator: ModerationClient, make_poll: MakePoll
) -> None:
    poll = make_poll()
    assert (
        f'href="/p/{poll.join_code}" class="viewsitelink"'
        in moderator.page_of(poll).content.decode()
    )
    Poll.objects.filter(id=poll.id).update(state="closed")
    make_poll()
    Poll.objects.exclude(id=poll.id).update(join_code=poll.join_code)
    poll.refresh_from_db()
    assert (
        f'href="/manage/{poll.id}" class="viewsitelink"' in moderator.page_of(poll).content.decode()
    )


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_admin_is_in_english_for_everybody(
    moderator: ModerationClient, make_poll: MakePoll, language: str
) -> None:
    poll = make_poll()
    for address in (
        "/admin/",
        ModerationClient.address(Poll),
        ModerationClient.address(Poll, poll),
    ):
        response = moderator.client.get(address, headers={"Accept-Language": language})
        page = response.content.decode()
        assert '<html lang="en' in page
        assert "Log out" in page
    signed_out = ModerationClient(None).client.get(
        "/admin/login/", headers={"Accept-Language": language}
    )
    assert '<html lang="en' in signed_out.content.decode()


def test_numbers_have_separators(moderator: ModerationClient, make_poll: MakePoll) -> None:
    poll = make_poll()
    Poll.objects.filter(id=poll.id).update(ballot_count=1234567)
    pages = [moderator.list_of(Poll), moderator.page_of(poll)]
    pages.append(moderator.client.get(f"{ModerationClient.address(Poll)}{poll.pk}/report/"))
    assert all("1,234,567" in page.content.decode() for page in pages)
