"""Archives with polls of every kind: ballots in order, cells, and lines that do not fit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from polls.host_decisions import decide
from polls.host_wire import HostChoice
from polls.kinds.base import SentAnswer
from polls.models import Cell, Poll
from polls.new_polls import NewOption
from polls.services import close_poll
from tests.conftest import actor_of, make_user, option_ids
from tests.polls.kinds.asking import answer, answer_at_random, ask
from tests.polls.kinds.generators import CASES
from tests.reports.jobs import export_archive, import_archive
from tests.reports.test_archives import Lines, ends, pack, polls_of, unpack, without_ids
from votes.models import TallySample, Vote
from votes.recount import find_mismatches
from workspaces.models import Project, Workspace
from workspaces.projects import create_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


@pytest.fixture
def elsewhere(dora: User) -> Project:
    return create_project(actor=actor_of(dora), name="Elsewhere")


def cells_of(workspace: Workspace) -> list[Any]:
    cells = Cell.objects.filter(poll__workspace=workspace)
    return sorted(cells.values_list("poll__question", "group", "key", "count"))


def answers_of(workspace: Workspace) -> list[Any]:
    """The answers of all ballots, in the order of each, with the positions of options."""
    votes = Vote.objects.filter(poll__workspace=workspace).order_by("user", "rank")
    ballots: dict[Any, list[Any]] = {}
    columns = "poll__question", "user", "option__position", "value"
    for question, user, position, value in votes.values_list(*columns):
        ballots.setdefault((question, user), []).append((position, value))
    return sorted((question, str(ballot)) for (question, _), ballot in ballots.items())


@pytest.mark.both
def test_every_kind_is_imported_elsewhere_with_equal_results(
    alice: User, dora: User, workspace: Workspace, elsewhere: Project
) -> None:
    for case in CASES:
        poll = ask(alice, case, question=case, workspace_id=workspace.id)
        answer_at_random(poll, case)
        if case == "instant runoff":
            close_poll(actor=actor_of(alice), poll_id=poll.id)
    job = import_archive(dora, export_archive(alice, workspace), elsewhere)
    assert job.state == "succeeded", job.error_message
    copy = Workspace.objects.get(project=elsewhere)
    assert cells_of(copy) == cells_of(workspace)
    assert answers_of(copy) == answers_of(workspace)
    assert shown(dora, copy) == shown(alice, workspace)
    assert TallySample.objects.filter(poll__workspace=copy).exclude(cells={}).count() >= 10
    assert list(find_mismatches()) == []


def shown(user: User, workspace: Workspace) -> Any:
    """The polls with their results and timelines; in views, options have their positions as ids."""
    polls = polls_of(user, workspace)
    text = json.dumps(polls)
    for poll in polls:
        for position, option in enumerate(poll["poll"]["options"]):
            text = text.replace(option["id"], str(position))
    polls = json.loads(text)
    for poll in polls:
        # An archive has ballots in random order, so it does not tell which texts are newest.
        poll.get("entries", []).sort(key=str)
        for tally in (poll["results"]["tally"], poll["timeline"]["points"][-1]["tally"]):
            if tally and tally["kind"] == "open_text":
                tally["cards"].sort(key=str)
    return without_ids(polls)


def test_a_ballot_can_be_read_by_hand(alice: User, bob: User, workspace: Workspace) -> None:
    """The position of an option, and what the voter sent; in a ranking only the order."""
    said = {
        "rating": [SentAnswer(score=4)],
        "borda": [SentAnswer()],
        "word cloud": [SentAnswer(text="Tea"), SentAnswer(text="Thé vert")],
        "numeric": [SentAnswer(number=2.5)],
        "hotspot": [SentAnswer(x=0.25, y=0.5)],
    }
    for case, sent in said.items():
        poll = ask(alice, case, workspace_id=workspace.id)
        ids = option_ids(poll)
        named = [SentAnswer(option_id=ids[2], score=each.score) for each in sent] if ids else sent
        answer(bob, poll, named)
    manifest, lines = unpack(export_archive(alice, workspace))
    assert manifest["version"] == 2
    ballots = [line for line in lines if line["type"] == "ballot"]
    assert [line.get("answers", line.get("choices")) for line in ballots] == [
        [{"option": 2, "score": 4}],
        [2],
        [{"text": "Tea"}, {"text": "Thé vert"}],
        [{"number": 2.5}],
        [{"x": 0.25, "y": 0.5}],
    ]


def test_decisions_of_hosts_and_details_of_options_are_kept(
    alice: User, dora: User, workspace: Workspace, elsewhere: Project
) -> None:
    held = ask(alice, "open text", settings={"needsApproval": True}, workspace_id=workspace.id)
    words = ask(alice, "word cloud", workspace_id=workspace.id)
    places = ask(
        alice,
        "multiple",
        options=[NewOption("Tour", limit=2), "Talk"],
        participant_options="open",
        # More than there are options yet.
        max_choices=5,
        workspace_id=workspace.id,
    )
    asked = ask(alice, "questions", options=["Why?", "How?"], workspace_id=workspace.id)
    for number, text in enumerate(("first", "second", "waits")):
        voter = make_user(f"Voter{number}")
        answer(voter, held, [SentAnswer(text=text)])
        answer(voter, words, [SentAnswer(text=text)])
    choices = [
        (held, HostChoice(action="approve", text="second")),
        (held, HostChoice(action="approve", text="first")),
        (words, HostChoice(action="remove", word="waits")),
        (words, HostChoice(action="merge", word="second", into="Zweite")),
        (asked, HostChoice(action="pin", option_id=option_ids(asked)[0])),
        (asked, HostChoice(action="answer", option_id=option_ids(asked)[1])),
    ]
    for poll, choice in choices:
        decide(actor=actor_of(alice), poll_id=poll.id, choice=choice)
    job = import_archive(dora, export_archive(alice, workspace), elsewhere)
    assert job.state == "succeeded", job.error_message
    copy = Workspace.objects.get(project=elsewhere)
    texts, cloud, _, questions = polls_of(dora, copy)
    assert [card["text"] for card in texts["results"]["tally"]["cards"]] == ["first", "second"]
    assert texts["ballots"] == [[], [{"text": "first"}], [{"text": "second"}]]
    shown = [(word["text"], word["count"]) for word in cloud["results"]["tally"]["words"]]
    assert shown == [("first", 1), ("Zweite", 1)]
    assert [each["state"] for each in questions["poll"]["options"]] == ["shown", "answered"]
    assert [each["isPinned"] for each in questions["poll"]["options"]] == [True, False]
    assert list(find_mismatches()) == []
    new = Poll.objects.get(workspace=copy, kind="multiple")
    assert new.max_choices == 5
    assert new.participant_options == places.participant_options == "open"
    assert list(new.options.values_list("limit", flat=True)) == [2, None]


# Of the version before there were other kinds, as it was written then.
OLD_MANIFEST = """{"format": "tallyroom-workspace", "version": 1,
 "exportedAt": "2026-11-01T10:00:00Z", "workspace": {"name": "Old", "settings": {}},
 "pollCount": 1, "ballotCount": 2}"""
OLD_LINES = """\
{"type":"poll","question":"Which?","kind":"multiple","maxChoices":2,"allowChange":false,\
"resultsVisibility":"always","state":"open","opensAt":null,"closesAt":null,\
"openedAt":"2026-10-01T10:00:00Z","closedAt":null,"embedOrigins":[],"earlierQuestions":[],\
"version":2,"talliedAt":"2026-10-02T10:00:00Z","options":["A","B","C"]}
{"type":"ballot","voter":1,"choices":[0,2],"castAt":"2026-10-01T10:00:00Z",\
"changedAt":"2026-10-01T10:00:00Z"}
{"type":"ballot","voter":2,"choices":[2],"castAt":"2026-10-02T10:00:00Z",\
"changedAt":"2026-10-02T10:00:00Z"}
{"type":"sample","version":1,"at":"2026-10-01T10:00:00Z","ballotCount":1,"counts":[1,0,1]}
{"type":"end","ballotCount":2,"counts":[1,0,2],"sampleCount":1}"""


def test_an_archive_of_the_older_version_is_imported(
    alice: User, dora: User, workspace: Workspace, elsewhere: Project
) -> None:
    old = json.loads(OLD_MANIFEST), [json.loads(line) for line in OLD_LINES.splitlines()]
    job = import_archive(dora, pack(*old), elsewhere)
    assert job.state == "succeeded", job.error_message
    copy = Workspace.objects.get(project=elsewhere)
    [poll] = polls_of(dora, copy)
    assert [each["voteCount"] for each in poll["results"]["options"]] == [1, 0, 2]
    assert poll["ballots"] == [[0, 2], [2]]
    # What needs no more is written so that older sites can import it.
    manifest, lines = unpack(export_archive(dora, copy))
    assert manifest["version"] == 1
    by_voter = "voter", "castAt", "changedAt"
    for line in (*lines, *old[1]):
        for name in by_voter:
            line.pop(name, None)
    assert sorted(lines, key=str) == sorted(old[1], key=str)


def poll_of(lines: Lines, kind: str) -> dict[str, Any]:
    return next(line for line in lines if line["type"] == "poll" and line["kind"] == kind)


def ballot_of(lines: Lines, kind: str) -> dict[str, Any]:
    return lines[lines.index(poll_of(lines, kind)) + 1]


def sample_of(lines: Lines, kind: str) -> dict[str, Any]:
    return lines[lines.index(poll_of(lines, kind)) + 3]


def with_answers(kind: str, *answers: dict[str, Any]) -> Callable[[Lines], Any]:
    return lambda lines: ballot_of(lines, kind).update(answers=answers)


def with_cells(kind: str, **cells: Any) -> Callable[[Lines], Any]:
    return lambda lines: sample_of(lines, kind).update(cells=cells)


def with_decision(kind: str, **fields: Any) -> Callable[[Lines], Any]:
    line = {"type": "decision", "group": "text", "key": "Tea", "verdict": "shown", **fields}
    line["decidedAt"] = "2026-01-01T00:00:00Z"
    return lambda lines: lines.insert(lines.index(poll_of(lines, kind)) + 4, line)


KINDS = "rating", "borda", "points", "numeric", "word cloud", "open text", "hotspot", "dates"
INVALID: dict[str, tuple[Callable[[Lines], Any], str]] = {
    "level": (with_answers("rating", {"option": 0, "score": 6}), "line 2: answers.0.score: Must"),
    "no level": (with_answers("rating", {"option": 0}), "line 2: answers.0.score: This field is"),
    "option": (with_answers("rating", {"option": 5, "score": 1}), "answers.0.option: There are"),
    "unknown field": (with_answers("rating", {"level": 3}), "answers.0.level: There is no such"),
    "settings": (lambda ls: poll_of(ls, "rating")["settings"].update(steps=2), "settings.steps:"),
    "two forms": (with_answers("ranking", {"option": 0}), "Must have either choices or answers."),
    "neither": (lambda ls: ballot_of(ls, "numeric").pop("answers"), "either choices or answers."),
    "too many ranks": (
        lambda ls: ballot_of(ls, "ranking").update(choices=[0, 1, 2, 3]),
        "answers: At most 3 options",
    ),
    "points": (with_answers("points", {"option": 0, "score": 99}), "Spend exactly 100 points"),
    "number": (with_answers("numeric", {"number": 7}), "answers.0.number: Must be from -2 to 6."),
    "long word": (with_answers("word_cloud", {"text": "x" * 31}), "answers.0.text: At most 30"),
    "control character": (with_answers("open_text", {"text": "a\0b"}), "answers.0.text: Control"),
    "outside": (with_answers("hotspot", {"x": 1.5, "y": 0}), "answers.0.x: Must be from 0 to 1."),
    "no such answer": (with_answers("dates", {"option": 0, "score": 0}), "answers.0.score: Must"),
    "no options": (lambda ls: poll_of(ls, "numeric").update(options=["A", "B"]), "has no options"),
    "an option too few": (lambda ls: poll_of(ls, "dates")["options"].pop(), "settings.slots: Send"),
    "count": (with_answers("points", {"option": 0, "score": 100}), "The counts differ"),
    "another group": (with_cells("rating", order={"0>1": 1}), "cells.order: The poll shows"),
    "too many cells": (
        with_cells("points", voters={"": 1, "x": 1}),
        "cells.voters: The poll shows at most 1.",
    ),
    "no number": (with_cells("numeric", bucket={"x": 1}), "cells: They do not fit"),
    "impossible sums": (with_cells("numeric", sum={"n": 5, "s": 9, "q": 1}), "cells: They do not"),
    "no place": (with_cells("hotspot", place={"here": 1}), "cells: They do not fit"),
    "another group of decisions": (with_decision("rating"), "group: There is no text"),
    "merged text": (with_decision("open_text", verdict="merged", target="x"), "target: Only"),
    "decision not counted": (with_decision("open_text"), "The counts differ"),
    "limit of a rating": (
        lambda ls: poll_of(ls, "rating").update(optionDetails=[{"limit": 1}] + [{}] * 4),
        "options.0.limit: Only",
    ),
    "a detail too few": (
        lambda ls: poll_of(ls, "rating").update(optionDetails=[{"isPinned": True}]),
        "optionDetails: Must be empty",
    ),
    "options of participants": (
        lambda ls: poll_of(ls, "rating").update(participantOptions="open"),
        "participantOptions: Only",
    ),
    "control character in a cell": (
        with_cells("word_cloud", word={"a\0b": 1}),
        "cells.word: Control",
    ),
}


def test_what_does_not_fit_its_kind_is_refused_with_its_line(
    alice: User, dora: User, workspace: Workspace, elsewhere: Project, settings: Settings
) -> None:
    settings.UPLOADS_PER_OWNER = len(INVALID)
    for case in KINDS:
        poll = ask(alice, case, workspace_id=workspace.id)
        answer_at_random(poll, case, 2)
    content = export_archive(alice, workspace)
    assert len(ends(unpack(content)[1])) == len(KINDS)
    for name, (change, words) in INVALID.items():
        manifest, lines = unpack(content)
        change(lines)
        job = import_archive(dora, pack(manifest, lines), elsewhere)
        assert (job.state, job.error_code) == ("failed", "archive.invalid"), name
        assert words in job.error_message, (name, job.error_message)
    assert not Workspace.objects.filter(project=elsewhere).exists()
