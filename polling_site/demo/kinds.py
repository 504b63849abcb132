"""A poll of every kind, with invented ballots."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.utils import timezone
from PIL import Image, ImageDraw

from accounts.models import User
from apikit.actors import Actor
from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from polls.new_polls import NewOption
from polls.picture_encoding import encode_picture
from polls.pictures import insert_picture
from polls.services import create_poll
from polls.suggestions import suggest_option

PLAN_SIZE = (960, 540)
# Rooms of the plan that voters mark: what is there, and the box in pixels.
ROOMS = (
    ("Kitchen", (20, 20, 320, 240)),
    ("Meeting room", (340, 20, 640, 240)),
    ("Quiet room", (660, 20, 940, 240)),
    ("Open space", (20, 300, 640, 520)),
    ("Entrance", (660, 300, 940, 520)),
)
PLAN_ALT = "A plan of the office: " + ", ".join(name for name, _box in ROOMS)
QUESTIONS = (
    "When will the new office open?",
    "Can we keep working from home?",
    "Will there be places for bicycles?",
    "Who decides about the budget for training?",
)
# Those that are there more often are chosen more often.
WORDS = [
    *["friendly"] * 3,
    *["open", "curious", "Curious"] * 2,
    *["creative", "helpful", "busy"] * 2,
    *["reliable", "chaotic", "funny", "patient", "loud", "honest", "brave", "tired"],
]
TEXTS = (
    "Shorter meetings, please.",
    "More time between the talks to meet people.",
    "Everything was well prepared. Thank you!",
    "Show the slides before the session.",
    "The microphones were too quiet at the back.",
    "A break in the fresh air would be nice.",
    "Please repeat this in spring.",
    "Subtitles would help me a lot.",
)

Chance = random.Random
Invent = Callable[[Poll, Chance], Sequence[SentAnswer]]


@dataclass(frozen=True, slots=True)
class DemoPoll:
    """A poll of the demo, and how a voter answers it."""

    kind: PollKind
    question: str
    invent: Invent
    options: Sequence[str | NewOption] = ()
    settings: dict[str, Any] = field(default_factory=dict)


def create_polls_of_kinds(actor: Actor, voters: Sequence[User]) -> list[tuple[Poll, Invent]]:
    """Creates and publishes the polls; the ``voters`` ask the questions of the last one."""
    polls = []
    for each in _demo_polls():
        is_hotspot = each.kind == PollKind.HOTSPOT
        poll = create_poll(
            actor=actor,
            question=each.question,
            options=each.options,
            kind=each.kind,
            settings=each.settings,
            allow_change=True,
            picture_id=_insert_plan(actor) if is_hotspot else None,
            picture_alt=PLAN_ALT if is_hotspot else "",
            is_published=True,
        )
        polls.append((poll, each.invent))
        if each.kind == PollKind.QUESTIONS:
            for voter, text in zip(voters, QUESTIONS, strict=False):
                suggest_option(actor=Actor(voter.id, is_guest=True), poll_id=poll.id, text=text)
    return polls


def _demo_polls() -> list[DemoPoll]:
    return [
        DemoPoll(
            PollKind.RATING,
            "How do you rate our office?",
            _rate,
            ["The light", "The noise", "The chairs", "The coffee"],
            {"steps": 5, "labels": ["Awful", "Poor", "Okay", "Good", "Great"]},
        ),
        DemoPoll(
            PollKind.RANKING,
            "Which language shall we learn together?",
            _rank,
            ["Italian", "Japanese", "Sign language", "Portuguese", "Arabic"],
            {"method": "instant_runoff", "places": 3},
        ),
        DemoPoll(
            PollKind.POINTS,
            "How shall we spend the innovation budget?",
            _divide,
            ["Accessibility", "Faster search", "Offline mode", "Fewer emails"],
            {"total": 10},
        ),
        DemoPoll(
            PollKind.NUMERIC,
            "How many minutes should a stand-up take?",
            _estimate,
            settings={"min": 5, "max": 30, "step": 1, "unit": "min"},
        ),
        DemoPoll(
            PollKind.WORD_CLOUD,
            "Describe our team in a few words",
            _describe,
            settings={"maxWords": 3},
        ),
        DemoPoll(PollKind.OPEN_TEXT, "What could we do better next time?", _write),
        DemoPoll(
            PollKind.HOTSPOT,
            "Where do you get your best ideas?",
            _mark,
            settings={"maxPlaces": 2},
        ),
        _dates(),
        DemoPoll(PollKind.QUESTIONS, "What do you want to ask the board?", _support),
    ]


def _dates() -> DemoPoll:
    monday = timezone.now() + timedelta(days=14 - timezone.now().weekday())
    first = monday.replace(hour=15, minute=0, second=0, microsecond=0)
    starts = [first + timedelta(days=day) for day in (0, 1, 3)]
    return DemoPoll(
        PollKind.DATES,
        "When shall we have the retrospective?",
        _say_when,
        [NewOption(f"{start:%Y-%m-%d %H:%M} UTC", limit=18) for start in starts],
        {
            "slots": [
                {
                    "startsAt": start.isoformat(),
                    "endsAt": (start + timedelta(hours=1)).isoformat(),
                }
                for start in starts
            ]
        },
    )


def _insert_plan(actor: Actor) -> UUID:
    """Draws and stores the plan of an office."""
    image = Image.new("RGB", PLAN_SIZE, "#f4f1ea")
    draw = ImageDraw.Draw(image)
    for name, box in ROOMS:
        draw.rectangle(box, fill="#ffffff", outline="#4a5a5c", width=4)
        draw.text((box[0] + 16, box[1] + 12), name, fill="#15262a", font_size=26)
    file = BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return insert_picture(actor.id, encode_picture(file)).id


def _ids(poll: Poll) -> list[Any]:
    return [option.id for option in poll.options.all()]


def _rate(poll: Poll, chance: Chance) -> list[SentAnswer]:
    usual = (4, 2, 3, 5)
    levels = [min(5, max(1, level + chance.choice((-1, 0, 0, 1)))) for level in usual]
    # Some skip a statement.
    return [
        SentAnswer(option_id=id_, score=level if chance.random() < 0.9 else 0)
        for id_, level in zip(_ids(poll), levels, strict=True)
    ]


def _rank(poll: Poll, chance: Chance) -> list[SentAnswer]:
    ids = sorted(_ids(poll), key=lambda _id: chance.random())
    return [SentAnswer(option_id=id_) for id_ in ids[: chance.choice((2, 3, 3))]]


def _divide(poll: Poll, chance: Chance) -> list[SentAnswer]:
    chosen = chance.choices(_ids(poll), weights=(4, 3, 2, 1), k=10)
    return [SentAnswer(option_id=id_, score=chosen.count(id_)) for id_ in dict.fromkeys(chosen)]


def _estimate(poll: Poll, chance: Chance) -> list[SentAnswer]:
    return [SentAnswer(number=min(30, max(5, round(chance.gauss(14, 4)))))]


def _describe(poll: Poll, chance: Chance) -> list[SentAnswer]:
    return [SentAnswer(text=word) for word in dict.fromkeys(chance.choices(WORDS, k=3))]


def _write(poll: Poll, chance: Chance) -> list[SentAnswer]:
    return [SentAnswer(text=chance.choice(TEXTS))]


def _mark(poll: Poll, chance: Chance) -> list[SentAnswer]:
    rooms = chance.choices(ROOMS, weights=(5, 1, 3, 2, 1), k=2)
    width, height = PLAN_SIZE
    return [
        SentAnswer(
            x=round(chance.triangular(left, right) / width, 4),
            y=round(chance.triangular(top, bottom) / height, 4),
        )
        for _name, (left, top, right, bottom) in rooms
    ]


def _say_when(poll: Poll, chance: Chance) -> list[SentAnswer]:
    return [
        SentAnswer(option_id=id_, score=chance.choices((1, 2, 3), weights=weights)[0])
        for id_, weights in zip(_ids(poll), ((4, 1, 2), (1, 1, 3), (2, 2, 2)), strict=True)
    ]


def _support(poll: Poll, chance: Chance) -> list[SentAnswer]:
    ids = _ids(poll)
    return [SentAnswer(option_id=id_) for id_ in chance.sample(ids, chance.randint(1, 2))]
