"""The state of the organiser's pages, for their templates and scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apikit.actors import Actor
from apikit.pagination import Pagination
from apikit.wire import Wire, to_wire
from polls.cells import read_tally
from polls.join_codes import group_digits
from polls.join_links import join_qr_svg, join_url
from polls.models import Poll, PollState
from polls.selectors import find_changeable
from polls.tally import PollResults, results_of, version_of
from polls.wire import PollHead, head_poll
from votes.wire import Timeline
from web.forms.kinds.registry import kind_name
from web.kinds.registry import kind_texts, result_context
from web.manage_texts import result_texts
from web.phases import Phase, phase_of
from web.poll_rights import PollRights
from web.project_texts import project_texts
from web.shares import results_for_page


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedState(Wire):
    """A poll as its creator sees it; ``now`` is the time of the read."""

    now: datetime
    head: PollHead
    revision: int
    results: PollResults
    ballot_count: int


@dataclass(frozen=True, slots=True)
class PollRow:
    """A row of the list of your own polls."""

    poll: Poll
    phase: Phase
    can_change: bool
    kind_name: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter of the list by state; ``query`` is its query string."""

    name: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShareOptions:
    """The link, join code, QR code and embed code of a poll."""

    url: str
    code_groups: Sequence[str]
    qr_svg: str
    embed_html: str


def poll_rows(polls: Sequence[Poll], actor: Actor) -> list[PollRow]:
    now = timezone.now()
    changeable = find_changeable(polls, actor)
    return [
        PollRow(poll, phase_of(poll, now), poll.id in changeable, kind_name(poll.kind))
        for poll in polls
    ]


def state_tabs(counts: Mapping[PollState, int], search: str, current: str) -> list[Tab]:
    """Returns the tab of all polls, then one for each state."""
    names = {
        "": (_("All"), sum(counts.values())),
        "draft": (_("Drafts"), counts[PollState.DRAFT]),
        "open": (pgettext("polls", "Open"), counts[PollState.OPEN]),
        "closed": (pgettext("polls", "Closed"), counts[PollState.CLOSED]),
    }
    return [
        Tab(name, count, list_query(state, search), state == current)
        for state, (name, count) in names.items()
    ]


def list_query(state: str, search: str, page: int = 1, cursor: str = "") -> str:
    """Returns the query string of the list, without default values."""
    fields = {
        "state": state,
        "search": search,
        "page": page if page > 1 else "",
        "cursor": cursor,
    }
    return "?" + urlencode({name: value for name, value in fields.items() if value})


def page_links(pagination: Pagination, state: str, search: str) -> dict[str, str]:
    """Links to the newer and older pages of the list, if there are any."""
    links = {}
    if 1 < pagination.page <= pagination.total_pages + 1:
        links["newer"] = list_query(state, search, pagination.page - 1)
    if pagination.next_cursor:
        links["older"] = list_query(state, search, pagination.page + 1, pagination.next_cursor)
    return links


def read_managed_state(poll: Poll, now: datetime) -> ManagedState:
    """Reads the state of a poll whose options are prefetched, without a query."""
    tally = read_tally(poll, poll.options.all())
    results = results_of(tally, version_of(poll, tally))
    return ManagedState(
        now=now,
        head=head_poll(poll, now),
        revision=poll.revision,
        results=results_for_page(results),
        ballot_count=poll.ballot_count,
    )


def head_context(poll: Poll, rights: PollRights, *, site_url: str) -> dict[str, Any]:
    """The template context of a poll's page, without its results."""
    return {
        "poll": poll,
        "phase": phase_of(poll, timezone.now()),
        "rights": rights,
        "can_change": rights.can_change,
        "share": share_options(poll, site_url),
        "texts": result_texts() | kind_texts(poll) | project_texts(),
    }


def results_context(
    poll: Poll, rights: PollRights, timeline: Timeline, *, site_url: str
) -> dict[str, Any]:
    """The template context of a poll's page with its results."""
    state = read_managed_state(poll, timezone.now())
    return head_context(poll, rights, site_url=site_url) | {
        "state": state,
        **result_context(poll, state.results, "manage"),
        "timeline_rows": [
            {"point": point, "counts": [option.vote_counts[at] for option in timeline.options]}
            for at, point in enumerate(timeline.points)
        ],
        "page": to_wire(state)
        | {
            "timeline": to_wire(timeline),
            "urls": {"timeline": reverse("web:manage-timeline", args=[poll.id])},
        },
    }


def share_options(poll: Poll, site_url: str) -> ShareOptions:
    """Returns the link, codes and embed code of ``poll`` on the site at ``site_url``."""
    groups = group_digits(poll.join_code)
    # Without the question, which would have to be escaped twice.
    embed = (
        f'<iframe src="{site_url}/embed/{poll.id}" title="{_("Poll")}" '
        'width="100%" height="520" loading="lazy"></iframe>'
    )
    return ShareOptions(join_url(poll, site_url), groups, join_qr_svg(poll, site_url), embed)
