"""The places of options with a limit, counted through a batch under the lock of the poll."""

from collections.abc import Collection, Mapping
from uuid import UUID

from polls.cells import count_cells
from polls.kinds.base import Answer, Kind
from polls.models import Option, Poll
from votes.decisions import CurrentBallot
from votes.errors import OptionFullError


class Places:
    """How many places of each option with a limit are taken, in the order of the decisions."""

    def __init__(
        self, options: Mapping[UUID, Option], taken: Mapping[UUID, int], kind: Kind | None
    ):
        self._options = options
        self._taken = dict(taken)
        self._kind = kind

    def move(self, before: CurrentBallot, after: CurrentBallot) -> None:
        """Count the places that a ballot takes and gives up.

        A place that the voter has already stays theirs, even if the limit was lowered since.

        :raises OptionFullError: if an option has no place left; then nothing is counted.
        """
        held, wanted = self._held_by(before), self._held_by(after)
        for vote in after:
            option_id = vote.option_id
            if option_id in wanted - held and self._is_full(option_id):
                raise OptionFullError.of(self._options[option_id])
        for option_id in held - wanted:
            self._taken[option_id] -= 1
        for option_id in wanted - held:
            self._taken[option_id] += 1

    def _is_full(self, option_id: UUID) -> bool:
        limit = self._options[option_id].limit
        return limit is not None and self._taken[option_id] >= limit

    def _held_by(self, votes: CurrentBallot) -> set[UUID]:
        return {
            vote.option_id
            for vote in votes
            if vote.option_id in self._taken
            and self._takes_place(Answer(vote.option_id, vote.value))
        }

    def _takes_place(self, answer: Answer) -> bool:
        return self._kind is None or self._kind.takes_place(answer)


def count_places(poll: Poll, options: Collection[Option], kind: Kind | None) -> Places | None:
    """Return the places of a locked poll; None, without a query, if no option has a limit.

    At most one query, for kinds that count places in their cells.
    """
    limited = {option.id: option for option in options if option.limit is not None}
    if not limited:
        return None
    taken = {id_: option.vote_count for id_, option in limited.items()}
    if kind is not None:
        cells = {id_: cell for id_ in limited if (cell := kind.place_cell(id_)) is not None}
        counts = count_cells(poll.id, cells.values())
        taken |= {id_: counts.get(cell, 0) for id_, cell in cells.items()}
    return Places(limited, taken, kind)
