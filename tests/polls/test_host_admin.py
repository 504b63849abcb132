"""Suggestions, added options and decisions in the admin."""

import pytest

from accounts.models import User
from polls.host_models import HostDecision, Suggestion
from polls.models import Option
from polls.services import delete_poll
from tests.conftest import actor_of
from tests.moderation_client import ModerationClient, messages_of
from tests.polls.hosting import ask, cards, send, settle, shown, suggest, words

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def test_moderators_decide_about_suggestions_and_options(
    moderator: ModerationClient, alice: User, bob: User
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    for text in ("Why?", "How?"):
        suggest(bob, poll, text)
    assert "Why?" in moderator.list_of(Suggestion).content.decode()
    why, how = Suggestion.objects.order_by("id")
    assert messages_of(moderator.act("approve", why)) == ["1 suggestion: approved."]
    moderator.act("refuse", how)
    assert (shown(poll), Suggestion.objects.count()) == ({"Why?": 0}, 0)
    option = Option.objects.get(text="Why?")
    assert "bob" in moderator.list_of(Option).content.decode().casefold()
    moderator.act("remove", option)
    assert shown(poll) == {}
    assert moderator.list_of(Option, state="removed").context["cl"].result_count == 1
    moderator.act("restore", option)
    assert shown(poll) == {"Why?": 0}
    assert moderator.page_of(option).status_code == 200


def test_moderators_undo_decisions(moderator: ModerationClient, alice: User, bob: User) -> None:
    texts, cloud = ask(alice, "open_text"), ask(alice, "word_cloud")
    send(bob, texts, "Hello")
    send(bob, cloud, "tea")
    settle(alice, texts, "remove", text="Hello")
    settle(alice, cloud, "remove", word="tea")
    assert moderator.list_of(HostDecision, verdict="removed").context["cl"].result_count == 2
    assert messages_of(moderator.act("undo", *HostDecision.objects.all())) == [
        "2 host decisions: undone."
    ]
    assert (cards(bob, texts), words(bob, cloud)) == (["Hello"], {"tea": 1})


def test_rows_of_deleted_polls_are_not_listed(
    moderator: ModerationClient, alice: User, bob: User
) -> None:
    poll = ask(alice, "questions", {"needsApproval": True})
    suggest(bob, poll, "Why?")
    suggest(alice, poll, "How?")
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    for model in (Suggestion, Option):
        assert moderator.list_of(model).context["cl"].result_count == 0
