"""Snapshots of polls, for clients that join or load a page."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from polls.cells import read_tally
from polls.models import Poll
from polls.selectors import whole_polls
from polls.tally import PollResults, Tally, hidden_results, results_of, version_of
from polls.visibility import actors_seeing_results, is_visible, poll_roles, role_in
from polls.wire import PollHead, head_poll
from workspaces.selectors import Roles


@dataclass(frozen=True, slots=True)
class PollSnapshot:
    """The state and tally of a poll at one moment, for a client that joins or loads its page."""

    head: PollHead
    project_id: UUID | None
    revision: int
    tally: Tally
    version: int
    shows_results: bool

    @property
    def results(self) -> PollResults:
        """The tally as the actor may see it."""
        if self.shows_results:
            return results_of(self.tally, self.version)
        return hidden_results(self.tally)


def get_snapshots_for(actors: Collection[Actor], poll_id: UUID) -> dict[Actor, PollSnapshot]:
    """Return snapshots of a poll for those ``actors`` who may see it.

    At most three queries, and one for the roles if the poll belongs to a team.
    """
    poll = whole_polls().filter(id=poll_id).first()
    if poll is None:
        return {}
    roles = poll_roles([poll], actors)
    seeing = [each for each in actors if is_visible(poll, each, role_in(roles, poll, each))]
    return _snapshots_of(poll, seeing, roles)


def snapshot_of(poll: Poll, actor: Actor) -> PollSnapshot:
    """Return the snapshot of a poll that ``actor`` may see; at most two queries."""
    return _snapshots_of(poll, [actor], poll_roles([poll], [actor]))[actor]


def _snapshots_of(poll: Poll, actors: Collection[Actor], roles: Roles) -> dict[Actor, PollSnapshot]:
    now = timezone.now()
    seeing = actors_seeing_results(poll, actors, roles, now)
    head, tally = head_poll(poll, now), read_tally(poll, poll.options.all())
    version = version_of(poll, tally)
    return {
        actor: PollSnapshot(
            head=head,
            project_id=poll.project_id,
            revision=poll.revision,
            tally=tally,
            version=version,
            shows_results=actor in seeing,
        )
        for actor in actors
    }
