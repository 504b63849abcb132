"""Fuzzes the API: every response must be one that the OpenAPI document allows.

The examples are the same on every run, so that a failure is one for everybody.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import product
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings
from schemathesis import BaseSchema, Case, CheckContext, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from apikit.throttling import forget_counts
from chat.memberships import MemberChange, join_room, moderate_member
from chat.models import MemberRole, Message
from chat.rooms import create_room
from jobs.models import Job, JobState, Upload
from jobs.uploads import store_upload
from polling_site.views import openapi_document
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import close_poll, create_poll, hide_poll
from tests.chat.rooms import post
from tests.conftest import PASSWORD, MakePoll, access_token, actor_of, option_ids, vote
from tests.polls.hosting import ask, suggest
from tests.polls.pictures import picture_file
from tests.site.valid_bodies import valid_body
from tests.webhooks.conftest import make_webhook
from tests.workspaces.inviting import send
from tests.workspaces.teams import join, open_workspace
from webhooks.event_types import TEST
from webhooks.models import Delivery, DeliveryState, Webhook
from webhooks.outbox import queue_event
from webhooks.payloads import WebhookTestData
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project

pytestmark = [
    pytest.mark.both,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore"),
]

EXAMPLES = 25 if settings.IS_EMBEDDED else 40
PEOPLE = ("account", "guest", "staff", "visitor")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
AnyCase = Case[Any]
# A copy, because examples become bodies, which are changed.
DOCUMENT = deepcopy(openapi_document())


def code_conformance(context: CheckContext, response: Response, case: AnyCase) -> None:
    """Fails for an error code that the document does not list for the response."""
    if response.status_code >= 400:
        documented = case.operation.definition.raw["responses"][str(response.status_code)]
        name = documented.get("$ref", "").rpartition("/")[2]
        shared = DOCUMENT["components"]["responses"]
        codes = (shared[name] if name else documented)["x-codes"]
        assert response.json()["code"] in codes


ANSWER_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    code_conformance,
]
# What we have changed since it was generated may have become right by that.
CHECKS = [*ANSWER_CHECKS, negative_data_rejection]


def read_document() -> BaseSchema:
    """The document as a schemathesis schema of the running site."""
    config = SchemathesisConfig()
    # Who asks is what the tests decide.
    config.projects.default.generation.update(with_security_parameters=False)
    document = schemathesis.openapi.from_dict(DOCUMENT, config=config)
    document.app = get_wsgi_application()
    return document


# Their bodies hold what nobody gets right by chance.
TAKE_A_SECRET = {
    "logIn",
    "refreshTokens",
    "logOut",
    "changePassword",
    "confirmPasswordReset",
    "confirmEmail",
}
OPERATIONS = {
    result.ok().definition.raw["operationId"]: result.ok()
    for result in read_document().get_all_operations()
    if isinstance(result, Ok)
}


@pytest.fixture
def polls(make_poll: MakePoll, alice: User, guest: User, staff: User) -> list[Poll]:
    """One of each kind."""
    closed, hidden = make_poll(), make_poll()
    close_poll(actor=actor_of(alice), poll_id=closed.id)
    hide_poll(actor=actor_of(staff), poll_id=hidden.id, reason="spam")
    changeable = make_poll(kind="multiple", max_choices=2, allow_change=True)
    for voter in (alice, guest, staff):
        vote(voter, changeable, 0, 1)
    return [
        make_poll(),
        changeable,
        make_poll(is_published=False),
        make_poll(results_visibility=ResultsVisibility.OWNER),
        closed,
        hidden,
    ]


def own_dates(user: User) -> Poll:
    """A new poll of dates, which alone have a calendar."""
    settings = {"slots": [{"day": "2027-03-01"}]}
    return create_poll(
        actor=actor_of(user),
        question="When?",
        options=["Monday"],
        kind=PollKind.DATES,
        settings=settings,
        is_published=True,
    )


def poll_for(case: AnyCase, user: User) -> Poll | None:
    """A new poll of the kind that an endpoint is about; None if any will do."""
    if case.path.endswith("/calendar.ics"):
        (case.query or {}).pop("optionId", None)
        return own_dates(user)
    kinds = {"options": "questions", "decisions": "questions", "texts": "open_text"}
    kind = kinds.get(case.path.rpartition("/")[2])
    return None if kind is None else ask(user, kind, {"needsApproval": True})


def suggestion_for(case: AnyCase, poll: Poll) -> dict[str, Any]:
    """A new suggestion to decide about, if the request does."""
    if case.method != "POST" or not case.path.endswith("/decisions"):
        return {}
    # More of them than a person may add in a minute.
    forget_counts()
    return {"suggestionId": suggest(User.objects.get(name="Charlie"), poll, "Why?")}


def aim(case: AnyCase, poll: Poll, user: User) -> None:
    """Points the parameters of a request to existing objects."""
    poll = poll_for(case, user) or poll
    message = Message.objects.exclude(author=user).select_related("room").latest("id")
    # Only reading takes the id of a room.
    of_messages = message.room_id if case.method == "GET" else own_message(user).id
    known = {
        "poll_id": poll.id,
        "user_id": user.id if "/members/" not in case.path else message.author_id,
        "code": poll.join_code,
        "room_id": message.room_id,
        "message_id": message.id,
        "room_or_message_id": of_messages,
        "emoji": "👍",
    }
    if {"project_id", "workspace_id"} & set(case.path_parameters or {}):
        workspace = own_workspace(user)
        known |= {"project_id": workspace.project_id, "workspace_id": workspace.id}
    if "invitation_id" in (case.path_parameters or {}):
        known["invitation_id"] = open_invitation(workspace.project, "dora@example.org").id
    if "token" in (case.path_parameters or {}):
        known["token"] = open_invitation(foreign_project(), user.email or "").id
    if "job_id" in (case.path_parameters or {}):
        known["job_id"] = own_job(user, case.path).id
    if "webhook_id" in (case.path_parameters or {}):
        known |= own_delivery(user)
    if "upload_id" in (case.path_parameters or {}):
        known["upload_id"] = own_upload(user).id
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(known[name])
    ids = suggestion_for(case, poll) | {
        "pollOptionId": next(iter(option_ids(poll)), None),
        "roomId": message.room_id,
        "userId": User.objects.get(name="Charlie").id,
    }
    if isinstance(case.body, dict):
        sent = [name for name in ids if isinstance(case.body.get(name), str)]
        case.body = {**case.body, **{name: str(ids[name]) for name in sent}}


def own_delivery(user: User) -> dict[str, Any]:
    """A webhook of ``user`` with a delivery that failed."""
    own = Webhook.objects.filter(owner=user).first()
    webhook = own or make_webhook(user, "https://hooks.example.org/")
    data = WebhookTestData(webhook_id=webhook.id, name="")
    [delivery] = queue_event([webhook], TEST, lambda: data)
    # A pending one cannot be sent again.
    Delivery.objects.filter(id=delivery.id).update(state=DeliveryState.FAILED)
    return {"webhook_id": webhook.id, "delivery_id": delivery.id}


def own_workspace(user: User) -> Workspace:
    """A workspace in a project that ``user`` owns, with Bob and Charlie as members."""
    own = Member.objects.filter(user=user, role=Role.OWNER).select_related("project").first()
    project = own.project if own else create_project(actor=actor_of(user), name="Town hall")
    for name in ("Bob", "Charlie"):
        join(project, User.objects.get(name=name), Role.VIEWER)
    return project.workspaces.first() or open_workspace(project)


def foreign_project() -> Project:
    """A project of Charlie's."""
    charlie = User.objects.get(name="Charlie")
    projects = Project.objects.filter(creator=charlie)
    return projects.first() or create_project(actor=actor_of(charlie), name="Elsewhere")


def open_invitation(project: Project, email: str) -> Invitation:
    """An invitation to ``project``, whose creator has not revoked it, and nobody has answered."""
    assert project.creator is not None
    # Fuzzing accepts them, and sends them again and again.
    Member.objects.filter(project=project, user__email=email).delete()
    forget_counts()
    return send(project.creator, project, email)


def own_job(user: User, path: str) -> Job:
    """A job of ``user`` in a state in which the request succeeds."""
    states = {"result": JobState.SUCCEEDED, "cancel": JobState.QUEUED}
    state = states.get(path.rpartition("/")[2], JobState.CANCELLED)
    now = timezone.now()
    return Job.objects.create(
        type="data_processing", owner=user, state=state, run_at=now, created_at=now
    )


def own_upload(user: User) -> Upload:
    """A file of ``user``."""
    Upload.objects.filter(owner=user).delete()
    return store_upload(actor=actor_of(user), name="a", media_type="", pieces=[b"a"])


def own_message(user: User) -> Message:
    """A message of ``user`` that is not deleted."""
    own = Message.objects.filter(author=user, deleted_at=None).first()
    return own or post(user, Message.objects.latest("id").room, "Hello!")


@pytest.fixture
def _room(alice: User, bob: User, charlie: User) -> None:
    """A group of alice's and bob's, in which bob has written; charlie does not belong to it."""
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    change = MemberChange(role=MemberRole.OWNER)
    moderate_member(actor=actor_of(alice), room_id=room.id, user_id=bob.id, change=change)
    post(bob, room, "Tea or coffee?")
    post(alice, room, "Tea!")


def fill_in(case: AnyCase, user: User) -> None:
    """Gives a request the example body of the document, or one with a secret of ``user``."""
    definition = case.operation.definition.raw
    if definition["operationId"] == "createUpload":
        Upload.objects.filter(owner=user).delete()
        case.body, case.media_type = b"question\nTea or coffee?\n", "application/octet-stream"
    elif definition["operationId"] == "createPicture":
        case.body, case.media_type = picture_file(), "application/octet-stream"
    elif "requestBody" in definition:
        shown = definition["requestBody"]["content"]["application/json"]["examples"]["request"]
        case.body, case.media_type = deepcopy(shown["value"]), "application/json"
    if definition["operationId"] == "createJob":
        body: Any = case.body
        body["payload"]["pollId"] = str(Poll.objects.filter(creator=user).latest("id").id)
    if definition["operationId"] in TAKE_A_SECRET:
        user.refresh_from_db()
        case.body = valid_body(f"{case.method} {case.path}", user)


@pytest.fixture
def headers(alice: User, guest: User, staff: User) -> Mapping[str, dict[str, str]]:
    """The headers of each of PEOPLE."""
    tokens = {"account": alice, "guest": guest, "staff": staff}
    return {"visitor": {}} | {
        name: {"Authorization": f"Bearer {access_token(user)}"} for name, user in tokens.items()
    }


@pytest.mark.usefixtures("_room")
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_response_is_as_documented(
    polls: list[Poll],
    alice: User,
    headers: Mapping[str, Any],
    settings: Settings,
    name: str,
) -> None:
    settings.METRICS_TOKEN = headers["staff"]["Authorization"].removeprefix("Bearer ")
    if name in TAKE_A_SECRET:
        alice.set_password(PASSWORD)
        alice.save()
    statuses: set[int] = set()
    fitting, unfitting = (OPERATIONS[name].as_strategy(generation_mode=mode) for mode in MODES)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=fitting | unfitting,
        person=st.sampled_from(PEOPLE),
        poll=st.none() | st.sampled_from(polls),
        is_filled_in=st.booleans(),
    )
    def fuzz(case: AnyCase, person: str, poll: Poll | None, is_filled_in: bool) -> None:
        if is_filled_in:
            fill_in(case, alice)
        if poll is not None:
            aim(case, poll, alice)
        is_as_generated = poll is None and not is_filled_in
        answer = case.call(headers=headers[person])
        case.validate_response(answer, checks=CHECKS if is_as_generated else ANSWER_CHECKS)
        statuses.add(answer.status_code)
        if min(statuses) >= 300:
            statuses.update(call_properly(case))

    def call_properly(case: AnyCase) -> Iterator[int]:
        """Statuses of the request with a valid path and body."""
        for person, poll in product(("account", "staff"), polls[:2]):
            fill_in(case, alice)
            aim(case, poll, alice)
            answer = case.call(headers=headers[person])
            case.validate_response(answer, checks=ANSWER_CHECKS)
            yield answer.status_code

    fuzz()
    assert min(statuses) < 300
