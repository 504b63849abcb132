"""Every user has the access in the tables; what they may not see looks like it does not exist."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from apikit import throttling
from jobs.services import enqueue
from jobs.uploads import store_upload
from polls.models import Option, ParticipantOptions, Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from tests.chat.access_tables import IN_ROOMS
from tests.conftest import PASSWORD, ClientFor, MakePoll, actor_of, make_user, option_ids
from tests.jobs.conftest import take
from tests.site.access_tables import (
    ELSEWHERE,
    OF_JOBS,
    OF_UPLOADS,
    OF_WEBHOOKS,
    ON_POLLS,
    WORDS,
)
from tests.site.valid_bodies import valid_body
from tests.tables import read_table
from tests.webhooks.conftest import make_webhook
from tests.workspaces.access_tables import BY_ACTION, IN_PROJECTS
from webhooks.services import send_test_event

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def endpoints(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """Methods and paths of all API endpoints, from the URL configuration."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, route)
        elif route.startswith(("/api", "/health", "/metrics")) and route != "/api/":
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", route)
            # DRF adds HEAD when a GET is first answered.
            for method in {*getattr(pattern.callback, "actions", ["get"])} - {"head"}:
                yield f"{method.upper()} {path}"


def test_the_tables_have_every_endpoint_and_no_other() -> None:
    routes = endpoints(get_resolver().url_patterns)
    tables: list[Mapping[str, Any]] = [
        ON_POLLS,
        IN_ROOMS,
        IN_PROJECTS,
        OF_JOBS,
        OF_UPLOADS,
        OF_WEBHOOKS,
        ELSEWHERE,
    ]
    assert sorted(routes) == sorted(endpoint for table in tables for endpoint in table)


People = dict[str, APIClient]


@pytest.fixture
def people(
    alice: User, bob: User, guest: User, staff: User, charlie: User, client_for: ClientFor
) -> People:
    """Everybody in the tables, with a client. charlie was suspended after signing in."""
    clients = [client_for(user) for user in (alice, bob, guest, None, staff, charlie)]
    User.objects.filter(id=charlie.id).update(is_active=False)
    return dict(zip(ELSEWHERE["GET /api"], clients, strict=True))


def prepare(kind: str, make_poll: MakePoll, alice: User, staff: User) -> Poll:
    """A poll of alice's, of the kind the tables name."""
    visibility = ResultsVisibility.OWNER if kind == "hidden-results" else ResultsVisibility.ALWAYS
    poll = make_poll(
        is_published=kind != "draft",
        results_visibility=visibility,
        allow_change=True,
        participant_options=ParticipantOptions.OPEN,
    )
    # One that a participant has added.
    Option.objects.filter(poll=poll, position=2).update(added_at=poll.created_at)
    if kind == "closed":
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    if kind == "hidden-poll":
        hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    return poll


def call(client: APIClient, endpoint: str, body: Any = None, **ids: object) -> Any:
    method, path = endpoint.split()
    return getattr(client, method.lower())(path.format(**ids), body)


def call_on(poll: Poll, client: APIClient, endpoint: str) -> Any:
    """Makes the request of an endpoint about ``poll``, which may not be there."""
    body = None
    if endpoint in {"PUT /api/polls/{poll_id}", "PATCH /api/polls/{poll_id}"}:
        body = {"question": "Milk or sugar?"}
    if endpoint.startswith("POST"):
        body = {"pollOptionId": str([*option_ids(poll), uuid4()][0])}
    if endpoint.endswith("/options"):
        body = {"text": f"Option {uuid4()}"}
    if endpoint == "POST /api/polls/{poll_id}/decisions":
        body = {"action": "remove", "optionId": str([*option_ids(poll), *[uuid4()] * 3][2])}
    return call(client, endpoint, body, poll_id=poll.id, code=poll.join_code)


def outcome_of(answer: Any) -> str:
    """The word of the tables for an answer."""
    is_refusal = answer.status_code >= 400
    code = answer.json()["code"] if is_refusal else None
    return WORDS.get((answer.status_code, code), f"{answer.status_code} {code}")


def outcome_on_poll(answer: Any) -> str:
    """The same where the answer may show a poll."""
    if outcome_of(answer) != "ok":
        return outcome_of(answer)
    if not answer["Content-Type"].startswith("application/json"):
        return "ok"
    body = answer.json()
    if body.get("polls") == []:
        return "without"
    shown = body["polls"][0] if "polls" in body else body.get("poll", {})
    return "blind" if shown.get("totalVotes", 0) is None else "ok"


def about_polls(*, but: str | None = None) -> list[Any]:
    """The endpoints of ``ON_POLLS``; the writer of votes sees only what is committed."""
    writers = {endpoint for endpoint in ON_POLLS if "vote" in endpoint and "GET" not in endpoint}
    committed = pytest.mark.django_db(transaction=True)
    return [
        pytest.param(endpoint, marks=committed if endpoint in writers else ())
        for endpoint in ON_POLLS
        if endpoint != but
    ]


@pytest.mark.parametrize("endpoint", about_polls())
def test_access_to_polls_is_as_in_the_tables(
    people: People, alice: User, staff: User, make_poll: MakePoll, endpoint: str
) -> None:
    expected = read_table(ON_POLLS[endpoint])
    outcomes: dict[str, dict[str, str]] = {kind: {} for kind in expected}
    for kind in expected:
        poll = None
        for name, client in people.items():
            poll = poll or prepare(kind, make_poll, alice, staff)
            answer = call_on(poll, client, endpoint)
            outcomes[kind][name] = outcome_on_poll(answer)
            if answer.status_code < 300 and not endpoint.startswith("GET"):
                poll = None  # It is another one by now.
        Poll.objects.all().delete()
    assert outcomes == expected


@pytest.mark.parametrize("endpoint", about_polls(but="GET /api/polls"))
def test_a_poll_that_a_stranger_may_not_see_looks_missing(
    people: People, alice: User, staff: User, make_poll: MakePoll, endpoint: str
) -> None:
    unseen = [prepare(kind, make_poll, alice, staff) for kind in ("draft", "hidden-poll")]
    missing = Poll(id=uuid4(), join_code="999999999999")
    for name in ("other", "guest", "visitor", "suspended"):
        answers = [call_on(poll, people[name], endpoint) for poll in (*unseen, missing)]
        assert answers[0].status_code >= 400
        assert len({answer.content for answer in answers}) == 1
        assert headers_of(answers[0]) == headers_of(answers[1]) == headers_of(answers[2])


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name != "X-Request-Id"}


@pytest.mark.django_db(transaction=True)
def test_access_to_other_endpoints_is_as_in_the_table(people: People) -> None:
    User.objects.update(password=make_password(PASSWORD))
    dora = make_user("Dora", password=make_password(PASSWORD))
    outcomes: dict[str, dict[str, str]] = {endpoint: {} for endpoint in ELSEWHERE}
    for endpoint, row in outcomes.items():
        for name, client in people.items():
            dora.refresh_from_db()
            # Those of passwords count for an address, whoever asks.
            throttling.forget_counts()
            ids = {"user_id": dora.id, "token": "unknown"}
            answer = call(client, endpoint, valid_body(endpoint, dora), **ids)
            row[name] = outcome_of(answer)
    assert outcomes == ELSEWHERE


def test_access_to_a_running_job_is_as_in_the_table(
    people: People, alice: User, make_poll: MakePoll
) -> None:
    payload = {"action": "recount", "pollId": str(make_poll().id)}
    job = enqueue(actor=actor_of(alice), type_="data_processing", payload=payload)
    take(job, "worker")
    outcomes = {
        endpoint: {
            # The owner last, who may change it.
            name: outcome_of(call(people[name], endpoint, job_id=job.id))
            for name in reversed(people)
        }
        for endpoint in OF_JOBS
    }
    assert outcomes == OF_JOBS


def test_access_to_a_webhook_is_as_in_the_table(people: People, alice: User) -> None:
    webhook = make_webhook(alice, "https://hooks.example.org/")
    delivery = send_test_event(actor=actor_of(alice), webhook_id=webhook.id)
    ids = {"webhook_id": webhook.id, "delivery_id": delivery.id}
    outcomes = {
        endpoint: {
            # The owner last, who may change it.
            name: outcome_of(call(people[name], endpoint, valid_body(endpoint, alice), **ids))
            for name in reversed(people)
        }
        for endpoint in OF_WEBHOOKS
    }
    assert outcomes == OF_WEBHOOKS


def test_access_to_an_uploaded_file_is_as_in_the_table(people: People, alice: User) -> None:
    upload = store_upload(actor=actor_of(alice), name="a.csv", media_type="text/csv", pieces=[b"a"])
    [endpoint] = OF_UPLOADS
    outcomes = {
        name: outcome_of(call(people[name], endpoint, upload_id=upload.id))
        for name in reversed(people)
    }
    assert outcomes == OF_UPLOADS[endpoint]


WRITES_THAT_NEED_A_TOKEN = (
    [
        endpoint
        for endpoint, table in ON_POLLS.items()
        if not endpoint.startswith("GET") and read_table(table)["open"]["visitor"] == "sign-in"
    ]
    + [
        endpoint
        for endpoint, table in IN_ROOMS.items()
        if not endpoint.startswith("GET") and read_table(table)["open"]["visitor"] == "sign-in"
    ]
    + [
        endpoint
        for endpoint, action in IN_PROJECTS.items()
        if not endpoint.startswith("GET") and BY_ACTION[action]["visitor"] == "sign-in"
    ]
    + [
        endpoint
        for endpoint, row in {**OF_JOBS, **OF_UPLOADS, **OF_WEBHOOKS, **ELSEWHERE}.items()
        if not endpoint.startswith("GET") and row["visitor"] == "sign-in"
    ]
)


@pytest.mark.parametrize("key", ["short", "k" * 300, "", "k" * 32])
def test_a_visitor_is_asked_to_sign_in_before_key_and_body_are_looked_at(key: str) -> None:
    assert len(WRITES_THAT_NEED_A_TOKEN) == 67
    for endpoint in WRITES_THAT_NEED_A_TOKEN:
        method, path = endpoint.split()
        answer = APIClient().generic(
            method,
            path.format_map(defaultdict(uuid4)),
            "{",
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.required"), endpoint
