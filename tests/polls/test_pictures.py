"""Uploading pictures, using them in polls, and deleting those that nothing uses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services import delete_user
from apikit.ids import new_id
from polls import pictures
from polls.models import Option, Picture, PictureContent, Poll, PollKind
from polls.new_polls import NewOption
from polls.picture_encoding import EncodedPicture
from polls.services import delete_poll, duplicate_poll
from tests.conftest import ClientFor, MakePoll, actor_of, finish_removals, vote
from tests.locks import LOCK_PATIENCE_S, threads
from tests.polls.conftest import fields_of, poll_of, refusal_of
from tests.polls.pictures import picture_file
from workspaces.models import Member
from workspaces.permissions import Role
from workspaces.projects import create_project
from workspaces.spaces import create_workspace

pytestmark = pytest.mark.django_db

Store = Callable[..., Picture]
SMALL = EncodedPicture(b"webp", 40, 30)


@pytest.fixture
def store(alice: User) -> Store:
    def add(owner: User = alice, age: timedelta = timedelta()) -> Picture:
        picture = pictures.add_picture(actor=actor_of(owner), picture=SMALL)
        Picture.objects.filter(id=picture.id).update(created_at=timezone.now() - age)
        return picture

    return add


def send(client: Any, content: bytes, media_type: str = "image/png", **headers: str) -> Any:
    return client.generic(
        "POST", "/api/pictures", content, content_type=media_type, headers=headers
    )


def with_picture(picture_id: UUID, **fields: Any) -> dict[str, Any]:
    options = [{"text": "Cat", "pictureId": str(picture_id)}, {"text": "Dog"}]
    return {"question": "Which one?", "options": options, **fields}


def test_a_picture_is_stored_as_webp(alice: User, client_for: ClientFor) -> None:
    response = send(client_for(alice), picture_file((3200, 200)))
    assert response.status_code == 201
    picture = Picture.objects.get()
    url = f"/pictures/{picture.token}.webp"
    shown = {"id": str(picture.id), "url": url, "width": 1600, "height": 100}
    assert response.json() == {"message": "Picture uploaded successfully", "picture": shown}
    content = pictures.read_picture(picture.token)
    assert (content[:4], content[8:12], len(content)) == (b"RIFF", b"WEBP", picture.size_bytes)
    assert len(picture.token) >= 32


def test_a_form_with_one_file_works_too(alice: User, client_for: ClientFor) -> None:
    client: Any = client_for(alice)
    file = SimpleUploadedFile("cat.png", picture_file(), content_type="image/png")
    boundary = "limit"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + file.read()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    assert send(client, body, f"multipart/form-data; boundary={boundary}").status_code == 201
    assert refusal_of(send(client, b"<svg/>", "image/svg+xml")) == (400, "picture.invalid")


def test_only_accounts_upload_pictures(guest: User, client_for: ClientFor) -> None:
    assert refusal_of(send(client_for(guest), picture_file())) == (403, "auth.account_required")
    assert refusal_of(send(client_for(None), picture_file())) == (401, "auth.required")
    assert not Picture.objects.exists()


def test_a_repeated_upload_with_a_key_stores_one_picture(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    first = send(client, picture_file(), **{"Idempotency-Key": "once"})
    again = send(client, picture_file(), **{"Idempotency-Key": "once"})
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    other = send(client, picture_file((9, 9)), **{"Idempotency-Key": "once"})
    assert refusal_of(other) == (422, "idempotency.key_reused")
    assert Picture.objects.count() == 1


def test_the_pictures_of_an_account_are_bounded(
    alice: User, bob: User, client_for: ClientFor, limited: Settings, store: Store
) -> None:
    limited.PICTURES_PER_OWNER = 1
    store()
    assert refusal_of(send(client_for(alice), picture_file())) == (409, "picture.too_many")
    limited.PICTURES_PER_OWNER, limited.PICTURES_PER_HOUR = 5, 1
    assert send(client_for(bob), picture_file()).status_code == 201
    refused = send(client_for(bob), picture_file())
    assert refusal_of(refused) == (429, "rate_limited")
    assert int(refused["Retry-After"]) > 0


def test_a_page_stores_the_picture_that_its_form_sends(alice: User) -> None:
    client = Client(enforce_csrf_checks=False)
    client.force_login(alice)
    file = SimpleUploadedFile("cat.png", picture_file(), content_type="image/png")
    response = client.post(
        "/manage/pictures", {"file": file}, headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.json()["picture"]["width"]) == (200, 40)
    refused = client.post("/manage/pictures", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "file")


def test_options_and_hotspots_show_their_pictures(
    alice: User, client_for: ClientFor, store: Store, visitor: Any
) -> None:
    picture = store()
    shown: dict[str, Any] = {"id": str(picture.id), "url": f"/pictures/{picture.token}.webp"}
    shown |= {"width": 40, "height": 30}
    client = client_for(alice)
    body = with_picture(picture.id, isPublished=True)
    poll = poll_of(client.post("/api/polls", body))
    # Without a text of its own, it is the option's.
    assert [option["picture"] for option in poll["options"]] == [shown | {"alt": "Cat"}, None]
    assert visitor.get(f"/api/polls/{poll['id']}").json()["poll"]["options"] == poll["options"]
    spot = {"question": "Where?", "kind": "hotspot", "pictureId": str(picture.id)}
    assert poll_of(client.post("/api/polls", spot))["picture"] == shown | {"alt": "Where?"}
    spot["pictureAlt"] = "A map of the town"
    hotspot = poll_of(client.post("/api/polls", spot))
    assert hotspot["picture"] == shown | {"alt": "A map of the town"}
    # Another kind has none.
    changed = {"kind": "single", "options": ["Here", "There"]}
    assert poll_of(client.patch(f"/api/polls/{hotspot['id']}", changed))["picture"] is None


def test_reading_polls_with_pictures_takes_no_query_more(
    alice: User,
    store: Store,
    client_for: ClientFor,
    django_assert_num_queries: Any,
    make_poll: MakePoll,
) -> None:
    make_poll(options=[NewOption(f"Cat {number}", None, store().id) for number in range(3)])
    make_poll(kind=PollKind.HOTSPOT, options=[], picture_id=store().id)
    client = client_for(None)
    with django_assert_num_queries(3):
        assert len(client.get("/api/polls").json()["polls"]) == 2


def test_a_picture_of_somebody_else_is_as_good_as_missing(
    bob: User, client_for: ClientFor, store: Store
) -> None:
    client, picture = client_for(bob), store()
    for picture_id in (picture.id, uuid4()):
        refused = client.post("/api/polls", with_picture(picture_id))
        assert fields_of(refused) == ["options.0.pictureId"]
        assert refused.json()["errors"][0]["message"] == "There is no such picture."
        spot = {"question": "Where?", "kind": "hotspot", "pictureId": str(picture_id)}
        assert fields_of(client.post("/api/polls", spot)) == ["pictureId"]
    own = poll_of(client.post("/api/polls", {"question": "Which?", "options": ["A", "B"]}))
    edit = {"options": [{"text": "A", "pictureId": str(picture.id)}, "B"]}
    assert fields_of(client.patch(f"/api/polls/{own['id']}", edit)) == ["options.0.pictureId"]


def test_who_may_change_a_poll_may_use_its_pictures(
    alice: User, bob: User, charlie: User, client_for: ClientFor, store: Store
) -> None:
    """A collaborator duplicates the poll of a team, and uses its picture again; a viewer cannot."""
    project = create_project(actor=actor_of(alice), name="Team")
    workspace = create_workspace(actor=actor_of(alice), project_id=project.id, name="Polls")
    for user, role in ((bob, Role.COLLABORATOR), (charlie, Role.VIEWER)):
        Member.objects.create(project=project, user=user, role=role, joined_at=timezone.now())
    picture = store()
    body = with_picture(picture.id, workspaceId=str(workspace.id), isPublished=True)
    poll = poll_of(client_for(alice).post("/api/polls", body))
    copy = poll_of(client_for(bob).post(f"/api/polls/{poll['id']}/duplicate"))
    assert copy["options"][0]["picture"] == poll["options"][0]["picture"]
    assert client_for(bob).post("/api/polls", with_picture(picture.id)).status_code == 201
    assert fields_of(client_for(charlie).post("/api/polls", with_picture(picture.id)))


@pytest.mark.django_db(transaction=True)
def test_pictures_cannot_change_once_somebody_has_voted_but_their_texts_can(
    alice: User, bob: User, client_for: ClientFor, store: Store, make_poll: MakePoll
) -> None:
    picture, other = store(), store()
    poll = make_poll(options=[NewOption("Cat", None, picture.id), NewOption("Dog")])
    vote(bob, poll, 0)
    client = client_for(alice)

    def edit(**fields: Any) -> Any:
        options = [{"text": "Cat", **fields}, {"text": "Dog"}]
        return client.patch(f"/api/polls/{poll.id}", {"options": options})

    assert refusal_of(edit(pictureId=str(other.id))) == (409, "poll.has_votes")
    assert refusal_of(edit(pictureId=None)) == (409, "poll.has_votes")
    shown = poll_of(edit(pictureId=str(picture.id), pictureAlt="A black cat"))
    assert shown["options"][0]["picture"]["alt"] == "A black cat"
    assert poll_of(edit())["options"][0]["picture"]["alt"] == "A black cat"


@pytest.mark.parametrize("text", ["x" * 301, "a\u0007b"])
def test_alternative_texts_are_bounded(
    alice: User, client_for: ClientFor, store: Store, text: str
) -> None:
    body = with_picture(store().id)
    body["options"][0]["pictureAlt"] = text
    assert fields_of(client_for(alice).post("/api/polls", body)) == ["options.0.pictureAlt"]


def prune() -> set[UUID]:
    position: str | None = ""
    while position is not None:
        position = pictures.prune_pictures(position).position
    return set(Picture.objects.values_list("id", flat=True))


def test_pictures_that_nothing_uses_are_pruned_after_a_day(
    store: Store, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "BATCH_ROWS", 2)
    old = timedelta(days=1, minutes=1)
    unused = [store(age=old) for _ in range(3)]
    of_option, of_poll, fresh = store(age=old), store(age=old), store()
    make_poll(options=[NewOption("Cat", None, of_option.id), NewOption("Dog")])
    make_poll(kind=PollKind.HOTSPOT, options=[], picture_id=of_poll.id)
    assert prune() == {of_option.id, of_poll.id, fresh.id}
    assert not PictureContent.objects.filter(picture_id__in=[each.id for each in unused]).exists()


def test_the_last_poll_takes_its_pictures_along(
    alice: User, store: Store, make_poll: MakePoll
) -> None:
    of_option, of_poll = store(), store()
    polls: list[Poll] = [
        make_poll(options=[NewOption("Cat", None, of_option.id), NewOption("Dog")]),
        make_poll(kind=PollKind.HOTSPOT, options=[], picture_id=of_poll.id),
    ]
    copies = [duplicate_poll(actor=actor_of(alice), poll_id=poll.id) for poll in polls]
    for poll in polls:
        delete_poll(actor=actor_of(alice), poll_id=poll.id)
    finish_removals()
    assert Picture.objects.count() == 2
    for poll in copies:
        delete_poll(actor=actor_of(alice), poll_id=poll.id)
    finish_removals()
    assert not Picture.objects.exists()


def test_a_deleted_account_leaves_the_pictures_of_its_teams(
    bob: User, staff: User, store: Store
) -> None:
    picture = store(bob)
    delete_user(actor=actor_of(staff), user_id=bob.id)
    picture.refresh_from_db()
    assert picture.owner is None


def test_the_token_is_the_only_way_to_a_picture(store: Store) -> None:
    picture = store()
    assert pictures.read_picture(picture.token) == b"webp"
    for token in (str(picture.id), picture.token[:-1], str(new_id())):
        with pytest.raises(Exception, match="no such picture"):
            pictures.read_picture(token)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_picture_that_a_poll_is_about_to_use_is_not_deleted(
    alice: User, store: Store, make_poll: MakePoll
) -> None:
    picture = store()
    with threads() as run:
        with transaction.atomic():
            make_poll(options=[NewOption("Cat", None, picture.id), NewOption("Dog")])
            assert run(pictures.delete_unused, [picture.id]).result(LOCK_PATIENCE_S) == 0
        assert run(pictures.delete_unused, [picture.id]).result(LOCK_PATIENCE_S) == 0
    assert Option.objects.get(text="Cat").picture == picture


def test_a_picture_used_between_looking_and_locking_is_not_deleted(
    store: Store, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query that locks pictures sees polls as they were when it began."""
    picture = store()
    unused = pictures._unused
    calls: list[None] = []

    def find_unused() -> Any:
        calls.append(None)
        # The first time, as if the poll were not there yet.
        return unused() if len(calls) > 1 else Picture.objects.all()

    make_poll(options=[NewOption("Cat", None, picture.id), NewOption("Dog")])
    monkeypatch.setattr(pictures, "_unused", find_unused)
    assert pictures.delete_unused([picture.id]) == 0
    assert len(calls) == 2
