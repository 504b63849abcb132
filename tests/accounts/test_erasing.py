"""Erasing a person: everything about them is gone, their votes stay counted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils import timezone

from accounts import erasing
from accounts.erasing import STAYS, label_of
from accounts.errors import UserNotFoundError, WrongCurrentPasswordError
from accounts.models import TokenFamily, User
from accounts.services import delete_user
from accounts.tasks import request_erasure
from apikit.errors import ApiError, ForbiddenError, GuestRefusedError
from apikit.models import IdempotencyRecord
from chat.memberships import join_room
from chat.models import Message, MessageEdit
from chat.rooms import create_room
from chat.services import delete_message, edit_message, set_reaction
from jobs import states
from jobs.execution import execute
from jobs.models import Job, JobState
from jobs.services import cancel_job, enqueue
from jobs.uploads import store_upload
from polls.abuse_reports import report_poll
from polls.models import AbuseReason, Option, Poll
from tests.chat.rooms import post
from tests.conftest import PASSWORD, ClientFor, MakePoll, actor_of, finish_removals, make_user, vote
from tests.jobs.conftest import hurry, run_due, take_next
from tests.moderation_client import ModerationClient
from tests.polls.hosting import ask as ask_for_options
from tests.polls.hosting import settle, suggest
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import join, open_workspace
from votes.models import Vote
from votes.recount import find_mismatches
from workspaces.invitations import invite
from workspaces.models import Activity
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db(transaction=True)

# In everything that zara wrote or is called.
MARK = "zara"


@pytest.fixture
def zara(db: None) -> User:
    return make_user("Zara", status_text=f"{MARK} is busy", language="de")


def erase(actor: User, user: User | None = None) -> Job:
    payload = {"action": "erase_person"} | ({"userId": str(user.id)} if user else {})
    return enqueue(actor=actor_of(actor), type_="data_processing", payload=payload)


def traces(mark: str) -> Iterator[tuple[str, str]]:
    """Every stored value that contains ``mark``."""
    for model in apps.get_models():
        # Without a manager, because the default one may leave rows out.
        rows: models.QuerySet[Any] = models.QuerySet(model)
        for row in rows.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                text = bytes(value).decode(errors="replace") if is_binary(field) else str(value)
                if mark in text.casefold():
                    yield label_of(field), text


def counts_of(poll: Poll) -> list[int]:
    """The votes of each option, as they are stored."""
    options = Option.objects.filter(poll=poll).order_by("position")
    return list(options.values_list("vote_count", flat=True))


def is_binary(field: Any) -> bool:
    return isinstance(field, models.BinaryField)


@pytest.fixture
def poll(make_poll: MakePoll, zara: User, bob: User) -> Poll:
    """A poll of alice in which zara and bob have voted."""
    poll = make_poll(is_published=True)
    for voter in (zara, bob):
        vote(voter, poll, 0)
    return poll


@pytest.fixture
def life(zara: User, alice: User, bob: User, staff: User, poll: Poll, make_poll: MakePoll) -> None:
    """zara uses everything there is."""
    actor = actor_of(zara)
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor, room_id=room.id)
    for number in range(3):
        message = post(zara, room, f"{MARK} says {number}")
    edit_message(actor=actor, message_id=message.id, body=f"{MARK} says more")
    delete_message(actor=actor, message_id=message.id)
    of_bob = post(alice, room, "Hello!")
    set_reaction(actor=actor, message_id=of_bob.id, emoji="👍", is_on=True)
    project = create_project(actor=actor_of(alice), name="Town hall")
    invite(actor=actor_of(alice), project_id=project.id, email=str(zara.email), role=Role.VIEWER)
    join(project, zara, Role.COLLABORATOR)
    make_team_poll(zara, open_workspace(project), question="Red or blue?")
    make_poll(actor=actor, question=f"Who is {MARK}?")
    report_poll(actor=actor, poll_id=poll.id, reason=AbuseReason.OTHER, note=f"{MARK} objects")
    questions = ask_for_options(alice, "questions", {"needsApproval": True})
    suggest(zara, questions, f"Who is {MARK} waiting for?")
    for text in (f"{MARK} was approved", f"{MARK} was removed"):
        settle(alice, questions, "approve", suggestion_id=suggest(zara, questions, text))
    removed = Option.objects.get(text=f"{MARK} was removed").id
    settle(alice, questions, "remove", option_id=removed)
    store_upload(actor=actor, name=f"{MARK}.csv", media_type="text/csv", pieces=[MARK.encode()])
    TokenFamily.objects.create(
        user=zara,
        current_jti="1",
        user_agent=f"{MARK}'s browser",
        last_used_at=timezone.now(),
        expires_at=timezone.now(),
    )
    IdempotencyRecord.objects.create(
        scope=str(zara.id), key=f"{MARK}-1", fingerprint="", response=b"", created_at=timezone.now()
    )
    Job.objects.create(
        type="probe",
        owner=zara,
        payload={"name": MARK},
        state=JobState.FAILED,
        run_at=timezone.now(),
        created_at=timezone.now(),
    )
    client = ModerationClient(staff)
    client.act("suspend_users", zara, reason=f"{MARK} was rude", votes="stand")
    client.act("restore_users", zara)


def test_nothing_is_left_but_the_votes(
    zara: User, superuser: User, poll: Poll, life: None, alice: User
) -> None:
    assert {label for label, _ in traces(MARK)} >= {
        "accounts.User.name",
        "chat.Message.body",
        "chat.MessageEdit.body",
        "polls.AbuseReport.note",
        "polls.Option.text",
        "polls.Suggestion.text",
        "workspaces.Activity.target_name",
        "workspaces.Invitation.email",
        "jobs.Upload.name",
        "admin.LogEntry.object_repr",
    }
    job = erase(superuser, zara)
    run_due()
    finish_removals()
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"userId": str(zara.id)})
    assert list(traces(MARK)) == []
    left = User.objects.get(id=zara.id)
    assert (left.name, left.email, left.is_active) == (erasing.ERASED_NAME, None, False)
    assert left.erased_at is not None
    # Votes are still counted, also in a new count; the team keeps its poll.
    assert counts_of(poll) == [2, 0, 0]
    assert list(find_mismatches()) == []
    assert Vote.objects.filter(poll=poll, user_id=zara.id).count() == 1
    assert Poll.objects.get(question="Red or blue?").creator_id == alice.id
    assert not Poll.objects.filter(creator=zara).exists()
    assert Message.objects.filter(author=zara).count() == MessageEdit.objects.count() == 0
    # Who did what and when is still known, without the name.
    assert Activity.objects.filter(target_id=zara.id, target_name="").exists()
    about = LogEntry.objects.filter(object_id=str(zara.id))
    assert set(about.values_list("object_repr", "change_message")) == {("Deleted user", "")}
    assert set(about.values_list("user_id", flat=True)) <= set(
        User.objects.filter(is_staff=True).values_list("id", flat=True)
    )


def test_a_new_column_with_text_is_classified() -> None:
    """Add a column to one of these, and to ``accounts.erasing`` if it has personal data."""
    found: dict[str, set[str]] = {}
    texts = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, (*texts, models.GenericIPAddressField)):
                found.setdefault(model._meta.label, set()).add(field.name)
    mine = {label: names for label, names in found.items() if label in WITH_TEXT}
    assert mine == {label: set(names.split()) for label, names in WITH_TEXT.items()}
    unknown = found.keys() - WITH_TEXT.keys() - GONE_WITH_THEIR_OWNER - WITHOUT_PERSONAL_DATA
    unknown -= PART_OF_THE_RESULT
    assert unknown == set()


# Their texts are erased column by column, or are not about a person.
WITH_TEXT = {
    "accounts.User": "password email pending_email name searchable_name searchable_email "
    "suspended_reason status status_text language digest",
    "admin.LogEntry": "object_id object_repr change_message",
    "chat.Message": "kind body searchable_body key legacy notice",
    "jobs.Job": "type payload state worker progress_message result error_code error_message key "
    "fingerprint",
    "workspaces.Activity": "verb target_kind target_name before after",
}
# Rows are deleted, by a hook or as they refer to the user, directly or through others.
GONE_WITH_THEIR_OWNER = {
    "accounts.TokenFamily",
    "apikit.IdempotencyRecord",
    "chat.LobbyIdentity",
    "chat.Membership",
    "chat.MessageEdit",
    "chat.Reaction",
    "jobs.JobFile",
    "jobs.JobFileChunk",
    "jobs.Upload",
    "jobs.UploadChunk",
    "polls.AbuseReport",
    "polls.Option",
    # Pruned once no poll uses them; those of a team's polls stay with these.
    "polls.Picture",
    "polls.PictureContent",
    "polls.Poll",
    "polls.Suggestion",
    # Those of projects stay; what was sent is pruned.
    "webhooks.Delivery",
    "webhooks.Webhook",
    "workspaces.Invitation",
    "workspaces.Member",
}
# Answers stay counted, as votes do. What a host decided about a text goes with the text.
PART_OF_THE_RESULT = {"polls.Cell", "polls.HostDecision", "votes.Vote"}
# Names of teams, counters, and settings. Sessions have an id, and expire.
WITHOUT_PERSONAL_DATA = {
    "apikit.PruningState",
    "apikit.RecurringRun",
    "apikit.StorageProbe",
    "auth.Group",
    "auth.Permission",
    "chat.Room",
    "contenttypes.ContentType",
    "jobs.Schedule",
    "sessions.Session",
    "votes.TallySample",
    "workspaces.Project",
    "workspaces.Workspace",
}


def test_a_new_reference_to_users_is_dropped_unless_it_says_otherwise() -> None:
    dropped = {
        label_of(each): each.remote_field.on_delete for each in erasing.references_to_users()
    }
    assert set(dropped.values()) == {models.CASCADE, models.SET_NULL}
    assert dropped.keys().isdisjoint(STAYS)
    existing = {label_of(each) for each in erasing.all_references_to_users()}
    assert existing >= STAYS


# Who may


def test_a_person_erases_themselves_after_a_recent_sign_in(
    zara: User, poll: Poll, client_for: ClientFor
) -> None:
    client = client_for(zara)
    body = {"type": "data_processing", "payload": {"action": "erase_person"}}
    TokenFamily.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    refused = client.post("/api/jobs", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.sign_in_again")
    TokenFamily.objects.update(created_at=timezone.now())
    job_id = client.post("/api/jobs", body).json()["job"]["id"]
    run_due()
    # The row survives its owner.
    job = Job.objects.get(id=job_id)
    assert (job.state, job.owner_id, job.result) == (
        JobState.SUCCEEDED,
        None,
        {"userId": str(zara.id)},
    )
    assert client.get("/api/users/me").status_code == 401
    assert list(traces(MARK)) == []
    assert counts_of(poll) == [2, 0, 0]


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("charlie", ForbiddenError),
        ("guest", GuestRefusedError),
    ],
)
def test_strangers_erase_nobody(
    zara: User, who: str, error: type[ApiError], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(error):
        erase(request.getfixturevalue(who), zara)


def test_staff_erase_neither_themselves_nor_other_staff(staff: User, superuser: User) -> None:
    other = make_user("Sam", is_staff=True)
    with pytest.raises(ForbiddenError):
        erase(staff)
    with pytest.raises(ForbiddenError):
        erase(staff, other)
    payload = {"action": "erase_person", "userId": str(UUID(int=7))}
    with pytest.raises(UserNotFoundError):
        enqueue(actor=actor_of(staff), type_="data_processing", payload=payload)
    erase(superuser, other)
    run_due()
    other.refresh_from_db()
    assert (other.is_staff, other.name) == (False, erasing.ERASED_NAME)


def test_it_can_be_cancelled_until_it_begins(zara: User) -> None:
    cancel_job(actor=actor_of(zara), job_id=erase(zara).id)
    assert run_due() == 0
    zara.refresh_from_db()
    assert (zara.name, zara.is_active) == ("Zara", True)


def test_an_interrupted_job_continues_without_its_owner(
    zara: User, poll: Poll, life: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = erase(zara)
    run = take_next()
    assert run is not None

    def lose_worker(*args: Any) -> Iterator[str]:
        states.give_back(run.id, run.worker)
        run.stop()
        yield "something"

    with monkeypatch.context() as patch:
        patch.setattr("accounts.tasks.erase_rest", lose_worker)
        execute(run)
    job.refresh_from_db()
    zara.refresh_from_db()
    assert (job.state, job.owner_id, zara.is_active) == (JobState.QUEUED, None, False)
    assert list(traces(MARK)) != []
    hurry(job)
    run_due()
    finish_removals()
    assert list(traces(MARK)) == []


def test_rows_are_deleted_in_chunks(zara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "CHUNK", 2)
    for number in range(5):
        store_upload(actor=actor_of(zara), name=f"{number}", media_type="text/csv", pieces=[b"x"])
    pulses: list[str] = []
    for step in erasing.erase_rest(zara.id, lambda: pulses.append("deleted")):
        assert step
    assert len(pulses) >= 3
    assert not any(
        field.model._default_manager.filter(**{field.name: zara}).exists()
        for field in erasing.references_to_users()
    )


def test_pages_ask_for_the_password(alice: User) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    with pytest.raises(WrongCurrentPasswordError):
        request_erasure(actor=actor_of(alice), current_password="wrong horse")
    assert request_erasure(actor=actor_of(alice), current_password=PASSWORD).owner == alice


def test_staff_confirm_it_in_the_admin(zara: User, staff: User, superuser: User) -> None:
    moderator = ModerationClient(staff)
    assert "stay counted" in moderator.act("erase_users", zara).content.decode()
    assert not Job.objects.exists()
    moderator.act("erase_users", zara, reason="They asked for it.")
    run_due()
    zara.refresh_from_db()
    assert zara.erased_at is not None
    page = moderator.page_of(zara)
    assert [name for name, _ in page.context["object_actions"]] == []
    moderator.act("restore_users", zara)
    zara.refresh_from_db()
    assert not zara.is_active


def test_an_erased_account_can_be_deleted_with_its_votes(
    zara: User, superuser: User, poll: Poll
) -> None:
    erase(superuser, zara)
    run_due()
    LogEntry.objects.all().delete()
    delete_user(actor=actor_of(superuser), user_id=zara.id)
    assert counts_of(poll) == [1, 0, 0]


def test_erasing_costs_no_model_a_full_table(zara: User) -> None:
    """Every reference that is followed has an index that begins with it."""
    without = {
        label_of(each)
        for each in erasing.references_to_users()
        if not getattr(each, "db_index", False)
        and not any(index.fields[:1] == [each.name] for index in each.model._meta.indexes)
    }
    assert without == set()
