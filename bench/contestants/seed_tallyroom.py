"""Seeds a Tallyroom database, in a separate program because it needs Django.

    python -m bench.contestants.seed_tallyroom FILE < SETUP

SETUP is ``bench.contestants.base.Setup`` as JSON; tokens, polls and emails are written to FILE.
Tallyroom's services create one row of each kind, and SQL copies it hundreds of thousands of times.
Tallies are set to match, and checked with ``manage.py verify_tallies``.
"""

import io
import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import TokenFamily, User  # noqa: E402
from accounts.services import create_guest, register_user  # noqa: E402
from accounts.tokens import issue_tokens  # noqa: E402
from apikit.actors import Actor  # noqa: E402
from apikit.ids import new_id  # noqa: E402
from bench.contestants.base import PASSWORD  # noqa: E402
from polls.models import Option, Poll  # noqa: E402
from polls.services import create_poll  # noqa: E402
from votes.models import Vote  # noqa: E402

ROWS_AT_ONCE = 50_000
OPTIONS = ("One", "Two", "Three", "Four")


def main() -> None:
    setup = json.load(sys.stdin)
    owner = User.objects.create(name="Owner", email="owner@example.org")
    tokens = _make_voters(setup["voters"])
    _make_crowd(max(setup["polls"], default=0))
    # The last one is the spare poll.
    polls = [
        _make_poll(owner, number, vote_count)
        for number, vote_count in enumerate([*setup["polls"], 0])
    ]
    if any(setup["polls"]):
        call_command("verify_tallies", stdout=io.StringIO())
    known = {"tokens": tokens, "polls": polls, "emails": _make_accounts(setup["accounts"])}
    Path(sys.argv[1]).write_text(json.dumps(known))


def _make_voters(count: int) -> list[str]:
    """Creates guests; returns their access tokens."""
    now = timezone.now()
    guests = User.objects.bulk_create(User(name="Voter", is_guest=True) for _ in range(count))
    families = TokenFamily.objects.bulk_create(
        TokenFamily(
            user=guest, current_jti="-", last_used_at=now, expires_at=now + timedelta(days=1)
        )
        for guest in guests
    )
    return [
        issue_tokens(guest, family).access for guest, family in zip(guests, families, strict=True)
    ]


def _make_accounts(count: int) -> list[str]:
    """Creates accounts; returns their emails. All copy the first one's password hash."""
    emails = [f"person-{number}@example.org" for number in range(count)]
    if emails:
        first = register_user(name="Person", email=emails[0], password=PASSWORD)
        User.objects.bulk_create(
            User(name="Person", email=email, password=first.password) for email in emails[1:]
        )
    return emails


def _make_crowd(count: int) -> None:
    """Creates the existing voters, numbered from 1."""
    if count:
        _multiply(create_guest(), range(1, count + 1), {"id": _id("'01900000'", "number")})


def _make_poll(owner: User, number: int, vote_count: int) -> tuple[str, list[str]]:
    poll = create_poll(
        actor=Actor(owner.id),
        question=f"Question {number}?",
        options=OPTIONS,
        is_published=True,
        allow_change=True,
    )
    option_ids = [str(option.id) for option in poll.options.all()]
    if vote_count:
        _fill(poll, number, option_ids, vote_count)
    return str(poll.id), option_ids


@transaction.atomic
def _fill(poll: Poll, number: int, option_ids: list[str], vote_count: int) -> None:
    now = timezone.now()
    crowd_1 = "01900000-0000-7000-8000-000000000001"
    with connection.cursor() as cursor:
        # Skips foreign key checks, which would look up each row three times.
        cursor.execute("SET LOCAL session_replication_role = replica")
    vote = Vote.objects.create(
        poll=poll, option_id=option_ids[1], user_id=crowd_1, request_id=new_id(),
        created_at=now, updated_at=now,
    )  # fmt: skip
    _multiply(
        vote,
        range(2, vote_count + 1),
        {
            "id": _id(f"'0191{number:04x}'", "number"),
            "user_id": _id("'01900000'", "number"),
            "option_id": f"('{{{','.join(option_ids)}}}'::uuid[])[number %% {len(option_ids)} + 1]",
        },
    )
    for option in Option.objects.filter(poll=poll).annotate(counted=models.Count("votes")):
        Option.objects.filter(id=option.id).update(vote_count=option.counted)
    Poll.objects.filter(id=poll.id).update(ballot_count=vote_count, version=vote_count)


def _multiply(row: models.Model, numbers: range, columns: Mapping[str, str]) -> None:
    """Copies a row once per number, with these columns computed from ``number``."""
    options: Any = row._meta
    names = [field.column for field in options.concrete_fields]
    values = [columns.get(name, f'"{name}"') for name in names]
    statement = (
        f"INSERT INTO {options.db_table} ({', '.join(map(_quoted, names))})"
        f" SELECT {', '.join(values)} FROM {options.db_table},"
        " generate_series(%s::bigint, %s::bigint) AS number WHERE id = %s"
    )
    with connection.cursor() as cursor:
        # In parts, within the timeout of statements.
        for start in range(numbers.start, numbers.stop, ROWS_AT_ONCE):
            end = min(start + ROWS_AT_ONCE, numbers.stop) - 1
            cursor.execute(statement, [start, end, row.pk])


def _quoted(name: str) -> str:
    return f'"{name}"'


def _id(head: str, number: str) -> str:
    """Returns SQL for an id that sorts by its number, like a UUID of version 7."""
    return f"({head} || '-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


if __name__ == "__main__":
    main()
