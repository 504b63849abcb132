"""Access over sockets: every command, by every kind of user, on every kind of poll.

The same table for REST is in ``tests/site/access_tables.py``. Those of rooms are in
``tests/chat/access_tables.py``.
"""

from typing import Any

import pytest

from accounts.models import User
from polls.models import Option, ParticipantOptions, Poll, ResultsVisibility
from polls.services import close_poll, hide_poll
from realtime.commands import COMMANDS
from realtime.database import in_database
from tests.conftest import MakePoll, access_token, actor_of, option_ids
from tests.realtime.conftest import Connect

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

PEOPLE = ("owner", "other", "guest", "visitor", "staff")
POLLS = ("draft", "open", "closed", "hidden-results", "hidden-poll")

# The result for each of PEOPLE, by command and kind of poll: ok, an error code, or "blind" for a
# reply whose numbers are null.
NOT_FOUND = "poll.not_found"
NOT_YOURS, NO_GUESTS, SIGN_IN = "poll.not_owner", "auth.account_required", "auth.required"
EXPECTED: dict[str, dict[str, tuple[str, ...]]] = {
    "ping": dict.fromkeys(POLLS, ("ok",) * 5),
    "set-status": dict.fromkeys(POLLS, ("ok", "ok", "ok", "auth.required", "ok")),
    "leave-poll": dict.fromkeys(POLLS, ("ok",) * 5),
    "join-poll": {
        "draft": ("ok", NOT_FOUND, NOT_FOUND, NOT_FOUND, "ok"),
        "open": ("ok", "ok", "ok", "ok", "ok"),
        "closed": ("ok", "ok", "ok", "ok", "ok"),
        "hidden-results": ("ok", "blind", "blind", "blind", "ok"),
        "hidden-poll": ("ok", NOT_FOUND, NOT_FOUND, NOT_FOUND, "ok"),
    },
    "leave-hosts": dict.fromkeys(POLLS, ("ok",) * 5),
    "join-hosts": dict.fromkeys(POLLS, ("ok", NOT_FOUND, NO_GUESTS, SIGN_IN, "ok")),
    "decide": {
        "draft": ("ok", NOT_FOUND, NO_GUESTS, SIGN_IN, "ok"),
        "open": ("ok", NOT_YOURS, NO_GUESTS, SIGN_IN, "ok"),
        "closed": ("ok", NOT_YOURS, NO_GUESTS, SIGN_IN, "ok"),
        "hidden-results": ("ok", NOT_YOURS, NO_GUESTS, SIGN_IN, "ok"),
        "hidden-poll": ("poll.hidden", NOT_FOUND, NO_GUESTS, SIGN_IN, "ok"),
    },
    "add-option": {
        "draft": ("poll.not_open", NOT_FOUND, NOT_FOUND, SIGN_IN, "poll.not_open"),
        "open": ("ok", "ok", "ok", SIGN_IN, "ok"),
        "closed": ("poll.closed", "poll.closed", "poll.closed", SIGN_IN, "poll.closed"),
        "hidden-results": ("ok", "ok", "ok", SIGN_IN, "ok"),
        "hidden-poll": ("poll.hidden", NOT_FOUND, NOT_FOUND, SIGN_IN, "poll.hidden"),
    },
    "cast-vote": {
        "draft": ("poll.not_open", NOT_FOUND, NOT_FOUND, "auth.required", "poll.not_open"),
        "open": ("ok", "ok", "ok", "auth.required", "ok"),
        "closed": ("poll.closed", "poll.closed", "poll.closed", "auth.required", "poll.closed"),
        "hidden-results": ("ok", "ok", "ok", "auth.required", "ok"),
        "hidden-poll": ("poll.hidden", NOT_FOUND, NOT_FOUND, "auth.required", "poll.hidden"),
    },
}


@pytest.fixture
def people(alice: User, bob: User, guest: User, staff: User) -> dict[str, User | None]:
    return dict(zip(PEOPLE, (alice, bob, guest, None, staff), strict=True))


def prepare(kind: str, make_poll: MakePoll, alice: User, staff: User) -> Poll:
    """Creates a poll of alice's, of the given kind."""
    visibility = ResultsVisibility.OWNER if kind == "hidden-results" else ResultsVisibility.ALWAYS
    poll = make_poll(
        is_published=kind != "draft",
        results_visibility=visibility,
        participant_options=ParticipantOptions.OPEN,
    )
    # One that a participant has added.
    Option.objects.filter(poll=poll, text="Water").update(added_at=poll.created_at)
    if kind == "closed":
        close_poll(actor=actor_of(alice), poll_id=poll.id)
    if kind == "hidden-poll":
        hide_poll(actor=actor_of(staff), poll_id=poll.id, reason="spam")
    return poll


def body_for(command: str, poll: Poll, person: str) -> dict[str, Any]:
    match command:
        case "decide":
            return {"pollId": poll.id, "action": "remove", "optionId": option_ids(poll)[2]}
        case "add-option":
            return {"pollId": poll.id, "text": f"Option of {person}"}
        case "ping":
            return {}
        case "set-status":
            return {"status": "busy"}
        case "cast-vote":
            return {"pollId": poll.id, "pollOptionId": option_ids(poll)[0]}
        case _:
            return {"pollId": poll.id}


def outcome_of(reply: dict[str, Any]) -> str:
    if reply["type"] == "error":
        return str(reply["code"])
    is_blind = "poll" in reply and reply["poll"]["totalVotes"] is None
    return "blind" if is_blind else "ok"


def test_the_table_has_every_command() -> None:
    elsewhere = {
        name
        for name, command in COMMANDS.items()
        if command.handler.__module__.startswith(("chat.", "workspaces."))
    }
    assert set(EXPECTED) == set(COMMANDS) - elsewhere


@pytest.mark.parametrize("kind", POLLS)
@pytest.mark.parametrize("command", EXPECTED)
async def test_each_command_has_the_result_of_the_table(
    people: dict[str, User | None],
    alice: User,
    staff: User,
    make_poll: MakePoll,
    connect: Connect,
    command: str,
    kind: str,
) -> None:
    poll = await in_database(prepare, kind, make_poll, alice, staff)
    bodies = {name: await in_database(body_for, command, poll, name) for name in people}
    outcomes = tuple(
        [
            outcome_of(await (await connect(person)).call(command, **bodies[name]))
            for name, person in people.items()
        ]
    )
    assert outcomes == EXPECTED[command][kind]


@pytest.mark.parametrize("endpoint", ["/ws", "/ws/01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"])
async def test_a_suspended_user_gets_no_socket_at_any_endpoint(
    bob: User, connect: Connect, endpoint: str
) -> None:
    token = await in_database(access_token, bob)
    await in_database(User.objects.filter(id=bob.id).update, is_active=False)
    assert await (await connect(path=f"{endpoint}?token={token}")).closed_with() == 4503


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("draft", "poll.not_found"),
        ("open", "ok"),
        ("hidden-results", "blind"),
        ("hidden-poll", "poll.not_found"),
    ],
)
async def test_the_legacy_endpoint_applies_the_same_rules(
    alice: User, staff: User, make_poll: MakePoll, connect: Connect, kind: str, expected: str
) -> None:
    poll = await in_database(prepare, kind, make_poll, alice, staff)
    frame = await (await connect(path=f"/ws/{poll.id}")).receive()
    if frame["type"] == "poll_update":
        assert expected == ("blind" if frame["poll"]["total_votes"] is None else "ok")
    else:
        assert frame["code"] == expected
