"""The settings and options of every kind: what is refused, and what is stored."""

from typing import Any

import pytest

from accounts.models import User
from apikit.errors import ValidationFailedError
from polls.kind_settings import check_settings
from polls.models import Cell, Poll, PollKind
from polls.services import duplicate_poll
from tests.conftest import ClientFor, MakePoll, actor_of
from tests.polls.conftest import Ask, fields_of, poll_of, refusal_of

THREE_DAYS = [{"day": f"2026-12-0{day}"} for day in (1, 2, 3)]


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


# The kind, the number of options, the settings, the field that is wrong, and how.
REFUSED: list[tuple[str, int, dict[str, Any], str, str]] = [
    ("single", 2, {"steps": 5}, "settings.steps", "There is no such field."),
    ("multiple", 2, {"minChoices": 3}, "settings.minChoices", "There are only 2 options."),
    ("multiple", 2, {"minChoices": 0}, "settings.minChoices", "At least 1 is needed."),
    ("rating", 2, {"steps": 2}, "settings.steps", "At least 3 is needed."),
    ("rating", 2, {"steps": 12}, "settings.steps", "At most 11 is allowed."),
    ("rating", 2, {"steps": "5"}, "settings.steps", "Must be a whole number."),
    (
        "rating",
        2,
        {"steps": 3, "labels": ["bad", "good"]},
        "settings.labels",
        "Send 3 labels, one for each level, or none.",
    ),
    (
        "rating",
        2,
        {"steps": 3, "labels": ["bad", "\u200b", "good"]},
        "settings.labels.1",
        "Must be a visible text without control characters.",
    ),
    ("rating", 21, {"method": "star"}, "options", "STAR needs 2 to 20 options."),
    ("ranking", 3, {"places": 4}, "settings.places", "There are only 3 options."),
    (
        "ranking",
        3,
        {"method": "dice"},
        "settings.method",
        "Must be one of 'borda', 'schulze' or 'instant_runoff'.",
    ),
    ("points", 3, {"total": 0}, "settings.total", "At least 1 is needed."),
    ("numeric", 0, {"min": 5, "max": 5}, "settings.max", "Must be more than min."),
    (
        "numeric",
        0,
        {"step": 0.00001},
        "settings.step",
        "There must be 1 to 1,000,000 steps between min and max.",
    ),
    ("numeric", 0, {"step": 1e-7}, "settings.step", "At most 6 decimals are allowed."),
    ("word_cloud", 0, {"maxWords": 11}, "settings.maxWords", "At most 10 is allowed."),
    ("dates", 2, {"slots": THREE_DAYS}, "settings.slots", "Send one slot for each option."),
    ("dates", 1, {"slots": [{}]}, "settings.slots.0", "Send either day or startsAt."),
    (
        "dates",
        1,
        {"slots": [{"day": "9999-12-31"}]},
        "settings.slots.0.day",
        "Must be from 1970 to 9998.",
    ),
    (
        "dates",
        1,
        {"slots": [{"startsAt": "0001-01-01T00:00:00+05:00"}]},
        "settings.slots.0.startsAt",
        "Must be from 1970 to 9998.",
    ),
    (
        "dates",
        1,
        {"slots": [{"startsAt": "2026-12-01T10:00:00"}]},
        "settings.slots.0.startsAt",
        "Must have a time zone, such as Z.",
    ),
    (
        "dates",
        1,
        {"slots": [{"day": "2026-02-30"}]},
        "settings.slots.0.day",
        "Must be a day such as 2030-05-06.",
    ),
    (
        "dates",
        1,
        {"slots": [{"startsAt": "2026-12-01T10:00:00Z", "endsAt": "2026-12-01T09:00:00Z"}]},
        "settings.slots.0.endsAt",
        "Must be after startsAt.",
    ),
    # As files can have them: each wrong value would take memory for its error.
    (
        "rating",
        2,
        {"labels": [1] * 9_000},
        "settings",
        "At most 16,384 bytes of JSON are allowed.",
    ),
    ("rating", 2, {"labels": nested(300)}, "settings", "Is nested too deeply."),
]


@pytest.mark.parametrize(("kind", "options", "settings", "field", "message"), REFUSED)
def test_settings_that_do_not_fit_are_refused(
    kind: str, options: int, settings: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        check_settings(PollKind(kind), settings, options)
    assert [(each.field, each.message) for each in refusal.value.errors] == [(field, message)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("ranking", 21, "A poll of this kind must have 2 to 20 options."),
        ("rating", 0, "A poll of this kind must have 1 to 50 options."),
        ("numeric", 2, "A poll of this kind has no options."),
        ("single", 0, "A poll must have 2 to 50 options."),
    ],
)
def test_each_kind_has_its_number_of_options(
    ask: Ask, kind: str, options: int, message: str
) -> None:
    answer = ask(kind=kind, options=[f"Option {number}" for number in range(options)])
    assert fields_of(answer) == ["options"]
    assert answer.json()["errors"][0]["message"] == message


@pytest.mark.django_db
def test_settings_are_stored_with_their_defaults(
    alice: User, ask: Ask, client_for: ClientFor
) -> None:
    poll = poll_of(ask(kind="rating", settings={"steps": 3}))
    assert poll["settings"] == {"scale": "steps", "steps": 3, "labels": [], "method": "mean"}
    copy = duplicate_poll(actor=actor_of(alice), poll_id=poll["id"])
    assert (copy.kind, copy.settings) == ("rating", poll["settings"])
    changed = client_for(alice).patch(f"/api/polls/{poll['id']}", {"settings": {"steps": 7}})
    assert poll_of(changed)["settings"]["steps"] == 7
    renamed = client_for(alice).patch(f"/api/polls/{poll['id']}", {"question": "How is it?"})
    assert poll_of(renamed)["settings"]["steps"] == 7
    other = client_for(alice).patch(f"/api/polls/{poll['id']}", {"kind": "single"})
    assert poll_of(other)["settings"] == {}
    wrong = client_for(alice).patch(f"/api/polls/{poll['id']}", {"kind": "numeric"})
    assert fields_of(wrong) == ["options"]


@pytest.mark.django_db(transaction=True)
def test_settings_stand_once_somebody_has_voted(
    alice: User, ask: Ask, client_for: ClientFor
) -> None:
    poll = poll_of(ask(kind="rating", settings={"steps": 3}, isPublished=True))
    client, url = client_for(alice), f"/api/polls/{poll['id']}"
    answers = [{"optionId": poll["options"][0]["id"], "score": 3}]
    assert client.post(f"{url}/vote", {"answers": answers}).status_code == 201
    assert refusal_of(client.patch(url, {"settings": {"steps": 4}})) == (409, "poll.has_votes")
    assert client.patch(url, {"settings": {"steps": 3}}).status_code == 200
    assert client.patch(url, {"question": "How is it?"}).status_code == 200
    assert Cell.objects.filter(key="0:3").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("settings", [[], "x", 1, None])
def test_settings_are_an_object(ask: Ask, settings: Any) -> None:
    assert fields_of(ask(kind="rating", settings=settings)) == ["settings"]
    assert not Poll.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_multiple_choice_can_require_several(
    bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll(kind=PollKind.MULTIPLE, settings={"minChoices": 2})
    ids = [str(option.id) for option in poll.options.all()]
    client, url = client_for(bob), f"/api/polls/{poll.id}/vote"
    assert refusal_of(client.post(url, {"pollOptionId": ids[0]})) == (400, "vote.too_few_choices")
    assert client.post(url, {"pollOptionIds": ids[:2]}).status_code == 201


def test_votes_for_questions_can_be_changed_unless_it_is_refused(
    alice: User, client_for: ClientFor
) -> None:
    body = {"question": "What do you want to know?", "kind": "questions"}
    for sent, expected in (({}, True), ({"allowChange": False}, False)):
        poll = client_for(alice).post("/api/polls", {**body, **sent}).json()["poll"]
        assert poll["allowChange"] is expected


def test_a_minimum_above_the_maximum_is_refused(
    alice: User, client_for: ClientFor, make_poll: MakePoll
) -> None:
    api = client_for(alice)
    body = {"question": "Which days?", "options": ["Mon", "Tue", "Wed"], "kind": "multiple"}
    fields = {"maxChoices": 2, "settings": {"minChoices": 3}}
    poll = make_poll(options=("Mon", "Tue", "Wed"), kind="multiple", max_choices=2)
    for answer in (
        api.post("/api/polls", body | fields),
        api.patch(f"/api/polls/{poll.id}", {"settings": {"minChoices": 3}}),
    ):
        [error] = answer.json()["errors"]
        assert error["field"] == "settings.minChoices"
    assert api.post("/api/polls", body | fields | {"maxChoices": 3}).status_code == 201
