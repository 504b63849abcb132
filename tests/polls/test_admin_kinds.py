"""Polls of all kinds in the admin."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from polls.services import create_poll
from tests.conftest import actor_of
from tests.moderation_client import ModerationClient, errors_of
from votes.services import cast_vote

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {
    "question": "How far?",
    "kind": "numeric",
    "results_visibility": "always",
    "participant_options": "none",
    "options-TOTAL_FORMS": "0",
    "options-INITIAL_FORMS": "0",
}


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def numeric_poll(user: User, **fields: Any) -> Poll:
    return create_poll(
        actor=actor_of(user),
        question="How far?",
        options=[],
        kind=PollKind.NUMERIC,
        is_published=True,
        **fields,
    )


def test_a_poll_without_options_is_created_with_settings(moderator: ModerationClient) -> None:
    path = reverse("admin:polls_poll_add")
    response = moderator.client.post(path, NEW | {"settings": '{"max": 7}'})
    assert response.status_code == 302
    poll = Poll.objects.get()
    assert (poll.kind, poll.options.count()) == ("numeric", 0)
    assert poll.settings == {"min": 0.0, "max": 7.0, "step": 1.0, "unit": ""}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('{"max": "much"}', "max: Must be a number."),
        ('{"max": -1}', "max: Must be more than min."),
        ('{"steps": 3}', "steps: There is no such field."),
        ('{"max": NaN}', "Enter a JSON object."),
        ("[]", "Enter a JSON object."),
        ("{", "Enter a JSON object."),
        ('{"max": ' + "[" * 9000, "Enter a JSON object."),
        ('{"unit": "' + "x" * 20_000 + '"}', "at most 20000 characters"),
    ],
)
def test_wrong_settings_are_explained_at_their_field(
    moderator: ModerationClient, alice: User, settings: str, words: str
) -> None:
    poll = numeric_poll(alice)
    response = moderator.save(poll, settings=settings)
    assert response.status_code == 200
    assert any(words in each for each in errors_of(response)), errors_of(response)


def test_settings_are_edited_until_somebody_has_voted(
    moderator: ModerationClient, alice: User, bob: User
) -> None:
    poll = numeric_poll(alice)
    assert moderator.save(poll, settings='{"max": 7}').status_code == 302
    poll.refresh_from_db()
    assert poll.settings["max"] == 7
    cast_vote(actor=actor_of(bob), poll_id=poll.id, answers=[SentAnswer(number=3)])
    page = moderator.page_of(poll).content.decode()
    assert 'name="settings"' not in page
    assert "bucket 3: 1" in page
    refused = moderator.save(poll, kind="numeric", settings='{"max": 8}', max_choices="1")
    assert "People have already voted" in str(errors_of(refused))
    poll.refresh_from_db()
    assert poll.settings["max"] == 7


def test_another_kind_has_its_own_defaults(moderator: ModerationClient, alice: User) -> None:
    poll = numeric_poll(alice)
    assert moderator.save(poll, kind="word_cloud").status_code == 302
    poll.refresh_from_db()
    assert poll.settings == {"maxWords": 3, "maxChars": 30}


def test_every_admin_page_shows_polls_without_options(
    moderator: ModerationClient, alice: User, bob: User
) -> None:
    poll = numeric_poll(alice)
    cast_vote(actor=actor_of(bob), poll_id=poll.id, answers=[SentAnswer(number=3)])
    for name in ("polls_poll_report", "polls_poll_change", "polls_poll_history"):
        assert moderator.client.get(reverse(f"admin:{name}", args=[poll.id])).status_code == 200
    listed = moderator.client.get(
        reverse("admin:polls_poll_changelist"), {"kind__exact": "numeric"}
    )
    assert "How far?" in listed.content.decode()
    assert moderator.client.get(reverse("admin:index")).status_code == 200
