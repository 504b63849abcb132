"""Collects what happened in the polls and projects of an account.

It covers the account's own polls, and those of projects in which it may edit polls: viewers might
learn how many people have voted in a poll whose results they may not see. The number of queries
does not depend on how many polls there are, except for one for each poll with new votes, for all
recipients together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import User
from jobs.models import Job, JobState
from polls.models import Poll
from votes.models import Vote
from workspaces.models import Invitation, Member
from workspaces.permissions import Action, Role, allows

# Of each list; the rest is a number.
MAX_LISTED = 10
# Polls that are looked at; a person with more of them in one week gets the newest.
MAX_POLLS = 500
# Numbers of votes that are remembered, because several recipients see the same polls.
MAX_COUNTS = 10_000

CountVotes = Callable[[UUID, datetime, datetime], int]


@dataclass(frozen=True, slots=True)
class PollChanges:
    """A poll in which something happened. ``project`` is empty for the account's own."""

    id: UUID
    question: str
    project: str
    new_ballots: int
    is_opened: bool
    is_closed: bool


@dataclass(frozen=True, slots=True)
class DigestContent:
    """What happened to an account from ``since`` to ``until``. Lists have MAX_LISTED at most."""

    since: datetime
    until: datetime
    opened: int = 0
    closed: int = 0
    ballots: int = 0
    polls: list[PollChanges] = field(default_factory=list)
    more_polls: int = 0
    # Name and project.
    members: list[tuple[str, str]] = field(default_factory=list)
    more_members: int = 0
    # Project and number; they alone are no reason for an email.
    invitations: list[tuple[str, int]] = field(default_factory=list)
    failed_jobs: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.polls or self.members or self.failed_jobs)


def vote_counter() -> CountVotes:
    """Return a function that counts the ballots first cast in a poll in a time, and remembers."""

    @lru_cache(MAX_COUNTS)
    def count(poll_id: UUID, since: datetime, until: datetime) -> int:
        votes = Vote.objects.filter(poll_id=poll_id, rank=1, created_at__gte=since)
        return votes.filter(created_at__lt=until).count()

    return count


def collect_content(
    user: User, since: datetime, until: datetime, count_votes: CountVotes
) -> DigestContent:
    """Return what happened; five queries, and one for each poll with new votes."""
    roles = dict(Member.objects.filter(user=user).values_list("project_id", "role"))
    edited = [each for each, role in roles.items() if allows(Role(role), Action.EDIT_POLLS)]
    inviting = [each for each, role in roles.items() if allows(Role(role), Action.INVITE)]
    polls = _poll_changes(user, edited, since, until, count_votes)
    joined = Member.objects.filter(project__in=edited, joined_at__gte=since, joined_at__lt=until)
    members = joined.exclude(user=user).select_related("user", "project").order_by("-joined_at")
    listed = [(each.user.name, each.project.name) for each in members[:MAX_LISTED]]
    failed = Job.objects.filter(owner=user, state=JobState.FAILED)
    return DigestContent(
        since,
        until,
        opened=sum(each.is_opened for each in polls),
        closed=sum(each.is_closed for each in polls),
        ballots=sum(each.new_ballots for each in polls),
        polls=polls[:MAX_LISTED],
        more_polls=len(polls[MAX_LISTED:]),
        members=listed,
        more_members=max(0, members.count() - MAX_LISTED) if len(listed) == MAX_LISTED else 0,
        invitations=_open_invitations(inviting, until),
        failed_jobs=failed.filter(finished_at__gte=since, finished_at__lt=until).count(),
    )


def _poll_changes(
    user: User, projects: list[UUID], since: datetime, until: datetime, count_votes: CountVotes
) -> list[PollChanges]:
    """Return the polls in which something happened, those with the most new ballots first."""
    own = Q(creator=user, project=None) | Q(project__in=projects)
    happened = (
        Q(opened_at__gte=since, opened_at__lt=until)
        | Q(closed_at__gte=since, closed_at__lt=until)
        | Q(tallied_at__gte=since)
    )
    rows = Poll.objects.filter(own, happened).select_related("project").order_by("-id")
    changes = []
    for poll in rows[:MAX_POLLS]:
        has_votes = poll.tallied_at is not None and poll.tallied_at >= since
        each = PollChanges(
            poll.id,
            poll.question,
            poll.project.name if poll.project else "",
            count_votes(poll.id, since, until) if has_votes else 0,
            is_opened=_is_within(poll.opened_at, since, until),
            is_closed=_is_within(poll.closed_at, since, until),
        )
        if each.new_ballots or each.is_opened or each.is_closed:
            changes.append(each)
    return sorted(changes, key=lambda each: -each.new_ballots)


def _is_within(moment: datetime | None, since: datetime, until: datetime) -> bool:
    return moment is not None and since <= moment < until


def _open_invitations(projects: list[UUID], now: datetime) -> list[tuple[str, int]]:
    waiting = Invitation.objects.filter(Invitation.OPEN, project__in=projects, expires_at__gt=now)
    counts = waiting.order_by().values("project__name", "project").annotate(count=Count("id"))
    rows = counts.order_by("-count", "project").values_list("project__name", "count")
    return list(rows[:MAX_LISTED])
