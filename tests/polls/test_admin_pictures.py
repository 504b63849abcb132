"""Pictures in the admin: moderators see them, and remove them from all polls."""

from typing import Any

import pytest

from accounts.models import User
from polls.models import Option, Picture, Poll, PollKind
from polls.new_polls import NewOption
from polls.picture_encoding import EncodedPicture
from polls.pictures import add_picture
from polls.services import delete_poll
from tests.conftest import MakePoll, actor_of, vote
from tests.moderation_client import ModerationClient, log_of
from tests.polls.conftest import PublishedEvents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


@pytest.fixture
def picture(alice: User) -> Picture:
    return add_picture(actor=actor_of(alice), picture=EncodedPicture(b"webp", 1600, 900))


def ask(make_poll: MakePoll, picture: Picture) -> list[Poll]:
    options = [NewOption("Cat", None, picture.id), NewOption("Dog")]
    hotspot: dict[str, Any] = {"kind": PollKind.HOTSPOT, "options": [], "picture_id": picture.id}
    return [
        make_poll(question="Which pet?", options=options),
        make_poll(question="Where?", **hotspot),
    ]


def test_moderators_see_pictures_and_the_polls_that_use_them(
    moderator: ModerationClient, alice: User, make_poll: MakePoll, picture: Picture
) -> None:
    ask(make_poll, picture)
    gone = ask(make_poll, picture)[0]
    delete_poll(actor=actor_of(alice), poll_id=gone.id)
    for page in (moderator.list_of(Picture), moderator.page_of(picture)):
        html = page.content.decode()
        assert f'<img src="/pictures/{picture.token}.webp"' in html
        assert html.count("Which pet?") == 1
        assert html.count("Where?") == 2
        assert "alice@example.org" in html or "Alice" in html
    assert 'width="160" height="90"' in moderator.list_of(Picture).content.decode()


def test_a_removed_picture_leaves_all_polls_and_their_votes(
    moderator: ModerationClient,
    bob: User,
    make_poll: MakePoll,
    picture: Picture,
    events: PublishedEvents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choice, hotspot = ask(make_poll, picture)
    vote(bob, choice, 0)
    events.clear()
    page = moderator.act("delete_selected", picture)
    assert "Remove permanently" in page.content.decode()
    assert Picture.objects.exists()
    moderator.act("delete_selected", picture, reason="private")
    assert not Picture.objects.exists()
    assert log_of(picture) == ["Removed: private"]
    assert [option.picture_id for option in Option.objects.filter(poll=choice)] == [None, None]
    assert events.changes() == ["edited", "edited"]
    for before in (choice, hotspot):
        after = Poll.objects.get(id=before.id)
        assert (after.picture_id, after.ballot_count) == (None, int(before == choice))
        assert after.revision == before.revision + 1


def test_only_staff_see_and_remove_pictures(alice: User, picture: Picture) -> None:
    outsider = ModerationClient(alice)
    assert outsider.list_of(Picture).status_code == 302
    outsider.act("delete_selected", picture, reason="mine")
    assert Picture.objects.exists()
