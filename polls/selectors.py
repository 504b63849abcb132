"""Reads of polls, with authorisation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.searching import found_by
from polls.errors import PollNotFoundError
from polls.join_codes import read_join_code
from polls.models import Option, Poll, PollState
from polls.visibility import (
    is_changeable,
    is_public,
    is_visible,
    may,
    poll_roles,
    polls_showing_results,
    role_in,
)
from polls.wire import PollView, view_poll
from workspaces.errors import ActionNotAllowedError
from workspaces.models import Member
from workspaces.permissions import Action, roles_with
from workspaces.selectors import read_role

PUBLISHED_STATES = (PollState.OPEN, PollState.CLOSED)


@dataclass(frozen=True, slots=True)
class PollFilter:
    """The filters of a list of polls; None does not filter.

    ``workspace_id`` and ``project_id`` find polls only for members. ``is_personal`` leaves out the
    polls of teams.
    """

    published: bool | None = None
    creator_id: UUID | None = None
    workspace_id: UUID | None = None
    project_id: UUID | None = None
    is_personal: bool = False
    state: PollState | None = None
    search: str = ""


def whole_polls() -> QuerySet[Poll]:
    """Return polls with their creators, options and pictures; two queries in all."""
    polls = Poll.objects.defer("searchable_question").select_related("creator", "picture")
    options = Option.objects.select_related("picture").order_by("position")
    return polls.prefetch_related(Prefetch("options", options))


def matching_polls(text: str, prefix: str = "") -> Q:
    """Match polls whose question or join code contains ``text``; ``prefix`` leads to the poll."""
    matches = found_by(text, f"{prefix}searchable_question")
    code = read_join_code(text)
    return matches | Q(**{f"{prefix}join_code__contains": code}) if code else matches


def get_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll that ``actor`` may see, with creator and options; at most three queries.

    :raises PollNotFoundError: for invisible polls as for missing ones.
    """
    return _visible_or_missing(whole_polls().filter(id=poll_id).first(), actor)


def read_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll to show by its id.

    Like :func:`get_poll_for`, but ``FEATURE_PUBLIC_DRAFTS`` also allows drafts of others, unless
    they are hidden or belong to a team.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = whole_polls().filter(id=poll_id).first()
    if poll is not None and settings.FEATURE_PUBLIC_DRAFTS and poll.project_id is None:
        is_open_draft = poll.state == PollState.DRAFT and poll.hidden_at is None
        if is_open_draft:
            return poll
    return _visible_or_missing(poll, actor)


def get_poll_by_code_for(actor: Actor, code: str) -> Poll:
    """Return the poll with this join code that is not closed, or the one closed last.

    Ignores polls that ``actor`` may not see, so that it does not reveal the codes of drafts.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    polls = whole_polls().filter(visible_to(actor), join_code=read_join_code(code))
    active = polls.exclude(state=PollState.CLOSED).first()
    return _visible_or_missing(active or polls.order_by("-closed_at").first(), actor)


def get_managed_poll_for(actor: Actor, poll_id: UUID, action: Action = Action.EDIT_POLLS) -> Poll:
    """Return a poll with which ``actor`` may do ``action``; at most three queries.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises PollNotFoundError: for polls of others as for missing ones.
    :raises ActionNotAllowedError: if the actor's role in the project does not allow it.
    """
    actor.account_id()
    poll = whole_polls().filter(id=poll_id).first()
    if poll is None:
        raise PollNotFoundError
    role = read_role(poll.project_id, actor)
    if may(poll, actor, role, action):
        return poll
    raise PollNotFoundError if role is None else ActionNotAllowedError


def list_polls_for(actor: Actor, narrow: PollFilter) -> QuerySet[Poll]:
    """Return the polls that match the filters and that ``actor`` may see, newest first.

    Without ``published``, drafts are included only if the filters ask for the actor's own polls,
    for those of a team, or for drafts.

    :raises AuthenticationRequiredError: if a visitor asks for their own drafts.
    """
    polls = whole_polls().filter(_matching(actor, narrow)).order_by("-id")
    if narrow.published is False:
        own = {} if _is_of_a_team(narrow) else {"creator_id": actor.signed_in_id()}
        polls = polls.filter(state=PollState.DRAFT, **own)
    elif narrow.published or not _asks_for_drafts(actor, narrow):
        polls = polls.exclude(state=PollState.DRAFT)
    return polls if narrow.state is None else polls.filter(in_state(narrow.state, timezone.now()))


def count_polls_for(actor: Actor, narrow: PollFilter) -> dict[PollState, int]:
    """Count the polls that ``actor`` may see by state, drafts too; one query.

    Ignores the filters ``published`` and ``state``.
    """
    now = timezone.now()
    counts = Poll.objects.filter(_matching(actor, narrow)).aggregate(
        **{state.value: Count("id", filter=in_state(state, now)) for state in PollState}
    )
    return {state: counts[state.value] for state in PollState}


def _matching(actor: Actor, narrow: PollFilter) -> Q:
    """Return the filters except those by state, and who may see the polls."""
    conditions = Q()
    if _is_of_a_team(narrow):
        # Others find nothing, as in a project that does not exist.
        conditions &= Q() if actor.is_staff else Q(project__in=_teams_of(actor))
    else:
        conditions &= visible_to(actor)
    if narrow.is_personal:
        conditions &= Q(project=None)
    equal = {
        "workspace_id": narrow.workspace_id,
        "project_id": narrow.project_id,
        "creator_id": narrow.creator_id,
    }
    conditions &= Q(**{name: value for name, value in equal.items() if value is not None})
    if narrow.search:
        conditions &= found_by(narrow.search, "searchable_question")
    return conditions


def get_next_poll_for(actor: Actor, poll_id: UUID) -> Poll | None:
    """Return the poll to present next: the next newer one that is not closed, or None.

    It is one of the same workspace, or of the same creator. Skips hidden polls and those that
    ``actor`` may not see. At most five queries.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    """
    poll = get_poll_for(actor, poll_id)
    same: dict[str, Any] = {"workspace_id": poll.workspace_id}
    if poll.workspace_id is None:
        same["creator_id"] = poll.creator_id
    later = whole_polls().filter(visible_to(actor), hidden_at=None, id__gt=poll.id, **same)
    return later.exclude(in_state(PollState.CLOSED, timezone.now())).order_by("id").first()


def visible_to(actor: Actor, prefix: str = "") -> Q:
    """Return ``visibility.is_visible`` as a query condition; ``prefix`` leads to the poll."""
    if actor.is_staff:
        return Q()
    public = Q(**{f"{prefix}state__in": PUBLISHED_STATES, f"{prefix}hidden_at": None})
    if actor.id is None or actor.is_guest:
        return public
    own = Q(**{f"{prefix}creator_id": actor.id, f"{prefix}project": None})
    return public | own | Q(**{f"{prefix}project__in": _teams_of(actor)})


def _teams_of(actor: Actor) -> QuerySet[Member, Any]:
    """Return the ids of the projects whose polls ``actor`` may see, as a subquery."""
    members = Member.objects.filter(role__in=roles_with(Action.VIEW_POLLS))
    if actor.id is None or actor.is_guest:
        return members.none().values("project_id")
    return members.filter(user_id=actor.id).order_by().values("project_id")


def in_state(state: PollState, now: datetime) -> Q:
    """Return ``lifecycle.state_at(poll, now) == state`` as a query condition."""
    is_past = Q(state=PollState.OPEN, closes_at__isnull=False, closes_at__lte=now)
    match state:
        case PollState.OPEN:
            return Q(state=PollState.OPEN) & ~is_past
        case PollState.CLOSED:
            return Q(state=PollState.CLOSED) | is_past
        case _:
            return Q(state=state)


def view_polls(polls: Collection[Poll], actor: Actor) -> list[PollView]:
    """Return polls of :func:`whole_polls` as ``actor`` sees them; at most two queries."""
    now = timezone.now()
    roles = poll_roles(polls, [actor])
    showing = polls_showing_results(polls, actor, roles, now)
    return [
        view_poll(
            poll,
            shows_results=poll.id in showing,
            shows_workspace=may(poll, actor, role_in(roles, poll, actor), Action.VIEW_POLLS),
            now=now,
        )
        for poll in polls
    ]


def find_changeable(polls: Collection[Poll], actor: Actor) -> set[UUID]:
    """Return the ids of those ``polls`` that ``actor`` may change; at most one query."""
    roles = poll_roles(polls, [actor])
    return {each.id for each in polls if is_changeable(each, actor, role_in(roles, each, actor))}


def _visible_or_missing(poll: Poll | None, actor: Actor) -> Poll:
    if poll is None:
        raise PollNotFoundError
    if is_public(poll) or is_visible(poll, actor, read_role(poll.project_id, actor)):
        return poll
    raise PollNotFoundError


def _is_of_a_team(narrow: PollFilter) -> bool:
    return narrow.workspace_id is not None or narrow.project_id is not None


def _asks_for_drafts(actor: Actor, narrow: PollFilter) -> bool:
    asks_for_own = actor.id is not None and narrow.creator_id == actor.id
    return asks_for_own or _is_of_a_team(narrow) or narrow.state == PollState.DRAFT
