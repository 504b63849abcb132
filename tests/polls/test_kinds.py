"""Single and multiple choice, and how many options one person may choose."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from polls.models import Poll, PollKind
from tests.conftest import ClientFor, MakePoll, vote
from tests.polls.conftest import Ask, Response, fields_of, poll_of, refusal_of

pytestmark = pytest.mark.django_db

SINGLE, MULTIPLE = PollKind.SINGLE, PollKind.MULTIPLE
THREE = ["Tea", "Coffee", "Water"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("single", 1)),
        ({"maxChoices": 1}, ("single", 1)),
        ({"kind": "single"}, ("single", 1)),
        ({"kind": "single", "maxChoices": 1}, ("single", 1)),
        ({"kind": "multiple"}, ("multiple", 3)),
        ({"kind": "multiple", "maxChoices": 1}, ("multiple", 1)),
        ({"kind": "multiple", "maxChoices": 2}, ("multiple", 2)),
        ({"kind": "multiple", "maxChoices": 3}, ("multiple", 3)),
    ],
)
def test_all_options_can_be_chosen_by_default(
    ask: Ask, fields: dict[str, object], expected: tuple[str, int]
) -> None:
    poll = poll_of(ask(options=THREE, **fields))
    assert (poll["kind"], poll["maxChoices"]) == expected


@pytest.mark.parametrize(
    ("kind", "max_choices"),
    [
        ("single", 2),
        ("single", 0),
        ("multiple", 0),
        ("multiple", -1),
        ("multiple", 4),
        ("multiple", 51),
        ("multiple", 10**30),
        ("multiple", 1.0),
        ("multiple", "2"),
        ("multiple", True),
        ("multiple", None),
    ],
)
def test_a_number_that_does_not_fit_is_refused(ask: Ask, kind: str, max_choices: object) -> None:
    assert fields_of(ask(options=THREE, kind=kind, maxChoices=max_choices)) == ["maxChoices"]
    assert not Poll.objects.exists()


# What a poll of three options was, how it is edited, and what it is then.
EDITS = {
    "nothing": ((MULTIPLE, 2), {}, (MULTIPLE, 2)),
    "the same kind": ((MULTIPLE, 2), {"kind": "multiple"}, (MULTIPLE, 2)),
    "one more": ((MULTIPLE, 2), {"maxChoices": 3}, (MULTIPLE, 3)),
    "to single": ((MULTIPLE, 2), {"kind": "single"}, (SINGLE, 1)),
    "to multiple": ((SINGLE, None), {"kind": "multiple"}, (MULTIPLE, 3)),
    "to two": ((SINGLE, None), {"kind": "multiple", "maxChoices": 2}, (MULTIPLE, 2)),
    "fewer options": ((MULTIPLE, 3), {"options": THREE[:2]}, (MULTIPLE, 2)),
    "more options": ((MULTIPLE, 2), {"options": [*THREE, "Milk"]}, (MULTIPLE, 2)),
    "more of both": ((MULTIPLE, 2), {"options": [*THREE, "Milk"], "maxChoices": 4}, (MULTIPLE, 4)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_kind_and_number_stay_in_step_when_edited(
    alice: User, make_poll: MakePoll, client_for: ClientFor, edit: str
) -> None:
    (kind, max_choices), changes, expected = EDITS[edit]
    poll = make_poll(kind=kind, max_choices=max_choices, options=THREE)
    shown = poll_of(client_for(alice).patch(f"/api/polls/{poll.id}", changes))
    assert (shown["kind"], shown["maxChoices"]) == expected


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (SINGLE, {"maxChoices": 2}),
        (MULTIPLE, {"maxChoices": 4}),
        (MULTIPLE, {"kind": "single", "maxChoices": 2}),
        (MULTIPLE, {"options": THREE[:2], "maxChoices": 3}),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(
    alice: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    kind: PollKind,
    changes: dict[str, object],
) -> None:
    poll = make_poll(kind=kind, options=THREE)
    response = client_for(alice).patch(f"/api/polls/{poll.id}", changes)
    assert fields_of(response) == ["maxChoices"]
    poll.refresh_from_db()
    assert poll.revision == 1


def edit_after_a_vote(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor, changes: dict[str, object]
) -> Response:
    """The poll lets people choose two of three."""
    poll = make_poll(kind=MULTIPLE, max_choices=2, options=THREE)
    vote(bob, poll, 0, 1)
    return client_for(alice).patch(f"/api/polls/{poll.id}", changes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("changes", [{"kind": "single"}, {"maxChoices": 1}, {"maxChoices": 3}])
def test_kind_and_number_cannot_change_once_somebody_has_voted(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    changes: dict[str, object],
) -> None:
    response = edit_after_a_vote(alice, bob, make_poll, client_for, changes)
    assert refusal_of(response) == (409, "poll.has_votes")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "changes", [{"kind": "multiple"}, {"maxChoices": 2}, {"kind": "multiple", "maxChoices": 2}]
)
def test_the_same_again_is_no_change(
    alice: User,
    bob: User,
    make_poll: MakePoll,
    client_for: ClientFor,
    changes: dict[str, object],
) -> None:
    shown = poll_of(edit_after_a_vote(alice, bob, make_poll, client_for, changes))
    assert (shown["kind"], shown["maxChoices"], shown["totalVotes"]) == ("multiple", 2, 2)


@pytest.mark.parametrize(
    "fields", [{"kind": SINGLE, "max_choices": 2}, {"kind": MULTIPLE, "max_choices": 0}]
)
def test_the_database_checks_kind_and_number(
    make_poll: MakePoll, fields: dict[str, object]
) -> None:
    poll = make_poll()
    with pytest.raises(IntegrityError), transaction.atomic():
        Poll.objects.filter(id=poll.id).update(**fields)
