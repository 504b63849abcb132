"""The state of the presenter's page, for its template and its script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apikit.actors import visitor
from apikit.wire import Wire
from polls.cells import read_tally
from polls.join_codes import group_digits
from polls.join_links import join_qr_svg
from polls.models import Poll
from polls.tally import OptionTally, PollResults, hidden_results, results_of, version_of
from polls.visibility import shows_results
from polls.wire import PollHead, head_poll
from web.shares import results_for_page


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenterState(Wire):
    """A poll on stage; ``poll``, ``revision`` and ``head`` as in socket frames."""

    now: datetime
    head: PollHead
    revision: int
    poll: PollResults
    total_voters: int


@dataclass(frozen=True, slots=True)
class JoinPanel:
    """How to join: the address, the join code, and the QR code."""

    address: str
    code_groups: Sequence[str]
    qr_svg: str


def read_presenter_state(poll: Poll, now: datetime, *, with_results: bool = True) -> PresenterState:
    """Reads the state of a poll whose options are prefetched, without a query.

    Without results, only the number of voters is known.
    """
    tally = read_tally(poll, poll.options.all())
    results = results_of(tally, version_of(poll, tally))
    return PresenterState(
        now=now,
        head=head_poll(poll, now),
        revision=poll.revision,
        poll=results_for_page(results) if with_results else hidden_results(tally),
        total_voters=results.total_voters or 0,
    )


def join_panel(poll: Poll, site_url: str) -> JoinPanel:
    """Returns how to join ``poll`` on the site at ``site_url``."""
    groups = group_digits(poll.join_code)
    address = site_url.partition("://")[2]
    return JoinPanel(address, groups, join_qr_svg(poll, site_url))


def is_for_the_room(poll: Poll, now: datetime) -> bool:
    """Whether the results may stand on a wall: whether anybody who comes in may see them."""
    return shows_results(poll, visitor(), None, has_voted=False, now=now)


def leading_options(results: PollResults) -> list[OptionTally]:
    """Those with the most votes; none while nobody has voted, or where the results are hidden."""
    most = max((option.vote_count or 0 for option in results.options), default=0)
    return [option for option in results.options if most and option.vote_count == most]
