"""Reads of what hosts decide about; for those who may edit the poll."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apikit.actors import Actor
from polls.decisions import texts_not_removed, texts_with
from polls.errors import NothingToDecideError
from polls.host_models import DecisionGroup, HostDecision, Verdict
from polls.host_wire import (
    DecidedWord,
    HostView,
    Pending,
    RemovedOption,
    SuggestionView,
    TextState,
)
from polls.models import Cell, Option, Poll, PollKind
from polls.selectors import get_managed_poll_for, whole_polls
from polls.suggestions import MAX_WAITING
from polls.visibility import may, poll_roles, role_in
from workspaces.permissions import Action

# More are not counted: hosts need not know, and counting takes time.
MOST_COUNTED = 1000


def get_host_view_for(actor: Actor, poll_id: UUID) -> HostView:
    """Return decisions and suggestions of a poll; at most eight queries.

    :raises ApiError: what ``get_managed_poll_for`` raises.
    """
    return view_for_hosts(get_managed_poll_for(actor, poll_id))


def view_for_hosts(poll: Poll) -> HostView:
    """Return decisions and suggestions of a poll, without access checks; at most five queries."""
    removed = Option.with_removed.filter(poll=poll).exclude(removed_at=None)
    words = HostDecision.objects.filter(poll=poll, group=DecisionGroup.WORD).order_by("-id")
    return HostView(
        poll_id=poll.id,
        pending=count_pending(poll),
        suggestions=[
            SuggestionView.of(each) for each in poll.suggestions.order_by("id")[:MAX_WAITING]
        ],
        removed_options=[
            RemovedOption(id=each.id, text=each.text, removed_at=each.removed_at)
            for each in removed.order_by("-removed_at")
            if each.removed_at is not None
        ],
        words=[
            DecidedWord(
                key=each.key,
                verdict=Verdict(each.verdict),
                into_key=each.target or None,
                into=each.target_text or None,
                decided_at=each.decided_at,
            )
            for each in words
        ],
    )


def count_pending(poll: Poll) -> Pending:
    """Count what waits for the hosts of a poll; at most two queries."""
    texts = 0
    if poll.kind == PollKind.OPEN_TEXT and holds_texts(poll):
        texts = texts_with(poll.id, None)[:MOST_COUNTED].count()
    return Pending(texts=texts, suggestions=poll.suggestions.count())


def holds_texts(poll: Poll) -> bool:
    """Return whether texts of a poll wait for approval."""
    return bool(poll.settings.get("needsApproval", False))


def list_texts_for(actor: Actor, poll_id: UUID, state: TextState) -> QuerySet[Cell]:
    """Return the texts of a poll in this state, newest first.

    :raises NothingToDecideError: for another kind.
    :raises ApiError: what ``get_managed_poll_for`` raises.
    """
    poll = get_managed_poll_for(actor, poll_id)
    if poll.kind != PollKind.OPEN_TEXT:
        raise NothingToDecideError
    return texts_in_state(poll, state)


def texts_in_state(poll: Poll, state: TextState) -> QuerySet[Cell]:
    """Return the texts of a poll in this state, newest first, without access checks."""
    if state == "removed":
        return texts_with(poll.id, Verdict.REMOVED)
    is_undecided = (state == "pending") == holds_texts(poll)
    if not is_undecided:
        # Pending where none is, or shown where a host approves them.
        shown = texts_with(poll.id, Verdict.SHOWN)
        return shown if state == "shown" else shown.none()
    if state == "pending":
        return texts_with(poll.id, None)
    return texts_not_removed(poll.id)


def read_polls_of_hosts(
    poll_ids: Collection[UUID], actors: Collection[Actor]
) -> dict[UUID, tuple[Poll, set[Actor]]]:
    """Return polls with those ``actors`` who may host them; two queries."""
    polls = list(whole_polls().filter(id__in=poll_ids))
    roles = poll_roles(polls, actors)
    return {
        poll.id: (
            poll,
            {
                each
                for each in actors
                if not each.is_guest
                and may(poll, each, role_in(roles, poll, each), Action.EDIT_POLLS)
            },
        )
        for poll in polls
    }
