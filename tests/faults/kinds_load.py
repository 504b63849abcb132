"""Random ballots in polls of every kind, over REST to several processes."""

import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx

from apikit.wire import to_wire
from polls.kinds.base import Answer, Answers, Kind, SentAnswer
from polls.kinds.registry import CHOICES, KINDS, build_kind
from tests.polls.kinds.generators import CASES, OPTIONS
from tests.processes import Cluster, PollHandle, ServerProcess, Socket, create_poll

BALLOTS_EACH = 25


@dataclass(slots=True)
class KindPoll:
    """A poll of a kind.

    ``possible`` has, by voter, the ballots that may be stored: one, unless requests without an
    answer came after the last that has one.
    """

    case: str
    handle: PollHandle
    possible: dict[str, set[Answers]] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """The kind with the settings and options of the poll."""
        name, settings, _ = CASES[self.case]
        return build_kind(name, settings, [UUID(each) for each in self.handle.option_ids])

    def meaning_of(self, answers: Answers) -> Answers:
        """The same for ballots that mean the same: the order of choices means nothing."""
        is_choice = self.kind.name in CHOICES
        return tuple(sorted(answers, key=str)) if is_choice else answers


async def create_polls(server: ServerProcess) -> list[KindPoll]:
    """A poll for each case."""
    polls: list[KindPoll] = []
    for case, (name, settings, _) in CASES.items():
        options = [f"Option {number}" for number in range(min(OPTIONS, KINDS[name].max_options))]
        fields = {"kind": name, "settings": settings, "options": options, "allowChange": True}
        headers = polls[0].handle.headers if polls else None
        polls.append(KindPoll(case, await create_poll(server, headers=headers, **fields)))
    return polls


class KindsLoad:
    """Voters who cast, change and take back ballots; none is repeated."""

    def __init__(self, polls: list[KindPoll]) -> None:
        self.polls = polls
        self.acknowledged = self.unanswered = 0
        # Until then, nobody stops: the process must be killed while ballots are on their way.
        self.is_killed = False

    async def vote(self, token: str, clients: list[httpx.AsyncClient]) -> None:
        """Sends the ballots of one voter, one after another, to each of the processes in turn.

        They are BALLOTS_EACH, and as many more as it takes until a process is killed.
        """
        chance = Random(token)
        turns = itertools.cycle(clients)
        for count in itertools.count():
            if self.is_killed and count >= BALLOTS_EACH:
                return
            poll = chance.choice(self.polls)
            draw = CASES[poll.case][2]
            is_retraction = chance.random() < 0.2
            sent = [] if is_retraction else draw(chance, poll.kind.option_ids)
            await self._send(next(turns), token, poll, sent)

    async def _send(
        self, client: httpx.AsyncClient, token: str, poll: KindPoll, sent: list[SentAnswer]
    ) -> None:
        path, headers = f"/api/polls/{poll.handle.id}", {"Authorization": f"Bearer {token}"}
        after = poll.meaning_of(poll.kind.parse(sent)) if sent else ()
        before = poll.possible.get(token, {()})
        poll.possible[token] = before | {after}
        try:
            if sent:
                body = {"answers": [_as_json(each) for each in sent]}
                answer = await client.post(f"{path}/vote", json=body, headers=headers)
            else:
                answer = await client.delete(f"{path}/my-vote", headers=headers)
        except httpx.TransportError:
            self.unanswered += 1
            return
        assert answer.is_success or answer.json()["code"] in {"vote.duplicate", "vote.not_found"}
        poll.possible[token] = {after}
        self.acknowledged += 1


def _as_json(answer: SentAnswer) -> dict[str, Any]:
    return {name: value for name, value in to_wire(answer).items() if value is not None}


def assert_stored(cluster: Cluster, polls: list[KindPoll], users: dict[str, str]) -> None:
    """Asserts that each ballot is stored once, as acknowledged, and that cells equal a recount."""
    rows = cluster.query(
        "SELECT poll_id::text, user_id::text, option_id, value FROM votes_vote ORDER BY rank"
    )
    for poll in polls:
        stored: dict[str, Answers] = {}
        for poll_id, user_id, option_id, value in rows:
            if poll_id == poll.handle.id:
                stored[user_id] = (*stored.get(user_id, ()), Answer(option_id, value))
        for token, possible in poll.possible.items():
            assert poll.meaning_of(stored.pop(users[token], ())) in possible, poll.case
        assert not stored
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


def shown_by(watcher: Socket, poll: KindPoll) -> dict[str, Any] | None:
    """The newest tally that a watcher was sent, as results over REST."""
    frames = [
        frame
        for frame in watcher.frames
        if frame["type"] == "vote-update" and frame["poll"]["id"] == poll.handle.id
    ]
    newest = max(frames, key=lambda frame: frame["version"], default=None)
    return None if newest is None else newest["poll"] | {"version": newest["version"]}
