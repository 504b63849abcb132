"""What a presenter's page shows, for the template and for the script alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings

from apikit.actors import visitor
from apikit.wire import Wire
from polls.join_links import join_qr_svg
from polls.lifecycle import has_opened, state_at
from polls.models import Poll, PollState
from polls.tally import OptionTally, PollResults, count_tally, hidden_results, results_of
from polls.visibility import shows_results
from polls.wire import PollHead, head_poll

Phase = Literal["draft", "hidden", "waiting", "open", "closed"]

DIGITS_TOGETHER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenterState(Wire):
    """How a poll stands; ``poll``, ``revision``, ``head`` as sockets tell it, ``now`` is when."""

    now: datetime
    head: PollHead
    revision: int
    poll: PollResults
    total_votes: int


@dataclass(frozen=True, slots=True)
class JoinPanel:
    """How the room gets in: where to go, what to enter, or what to scan."""

    address: str
    code_groups: Sequence[str]
    qr_svg: str


def read_presenter_state(poll: Poll, now: datetime, *, with_results: bool = True) -> PresenterState:
    """The state of a poll that comes with its options; no query.

    Without results it says only how many votes there are.
    """
    tally = count_tally(poll, poll.options.all())
    return PresenterState(
        now=now,
        head=head_poll(poll, now),
        revision=poll.revision,
        poll=results_of(tally, poll.version) if with_results else hidden_results(tally),
        total_votes=sum(option.vote_count for option in poll.options.all()),
    )


def join_panel(poll: Poll) -> JoinPanel:
    code = poll.join_code
    groups = [code[i : i + DIGITS_TOGETHER] for i in range(0, len(code), DIGITS_TOGETHER)]
    address = settings.PUBLIC_URL.partition("://")[2]
    return JoinPanel(address, groups, join_qr_svg(poll))


def is_for_the_room(poll: Poll, now: datetime) -> bool:
    """Whether the results may stand on a wall: whether anybody who comes in may see them."""
    return shows_results(poll, visitor(), has_voted=False, now=now)


def phase_of(poll: Poll, now: datetime) -> Phase:
    """Where a poll is between draft and closed, as far as it matters to a room."""
    if poll.hidden_at is not None:
        return "hidden"
    match state_at(poll, now):
        case PollState.DRAFT:
            return "draft"
        case PollState.CLOSED:
            return "closed"
        case _:
            return "open" if has_opened(poll, now) else "waiting"


def leading_options(results: PollResults) -> list[OptionTally]:
    """Those with the most votes; none while nobody has voted, or where the results are hidden."""
    most = max(option.vote_count or 0 for option in results.options)
    return [option for option in results.options if most and option.vote_count == most]
