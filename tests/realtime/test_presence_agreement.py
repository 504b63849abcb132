"""Whatever people do and whatever is lost: in the end all processes and clients agree."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.presence import publisher, replicas, views
from tests.realtime.processes import COUNTED_TOPIC, NAMED_TOPIC, Client, Machine, make_machine

TOPICS = (COUNTED_TOPIC, NAMED_TOPIC, "table.2")
NAMES = ("Ada", "Bob", "Carol", "Dan", "Eve")
# A beat, after which everything is known, or the death of a process; then names are read again.
LONG_S = 40.0

number = st.integers(0, 1000)
Step = tuple[Any, ...]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just("attach"), number, number),
        st.tuples(st.just("attach"), number, number),
        st.tuples(st.just("join"), number, number),
        st.tuples(st.just("join"), number, number),
        st.tuples(st.just("join"), number, number),
        st.tuples(st.just("leave"), number, number),
        st.tuples(st.just("detach"), number),
        st.tuples(st.just("describe"), number, st.sampled_from(["presents", "types", None])),
        st.tuples(st.just("rename"), number, number),
        st.tuples(st.just("hide"), number, st.booleans()),
        st.tuples(st.just("slow"), number, st.booleans()),
        st.tuples(st.just("lose"), st.integers(0, 4)),
        st.tuples(st.just("restart"), number),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.1, 0.3, 2.0, 11.0])),
    ),
    min_size=30,
    max_size=80,
)


class Story:
    """Runs steps on three processes. ``clients`` are those of living processes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.users = [machine.add_user(name) for name in NAMES]
        for _ in range(3):
            machine.start()

    @property
    def clients(self) -> list[Client]:
        return [client for process in self.machine.processes for client in process.clients]

    def run(self, steps: list[Step]) -> None:
        for name, *arguments in steps:
            step: Callable[..., None] = getattr(self, name)
            step(*arguments)

    def settle(self) -> None:
        """Ends all losses and waits; names are read again, as they are every minute."""
        self.machine.is_lost = lambda _event: False
        for process in self.machine.processes:
            process.presence.refresh_all()
        self.machine.advance(LONG_S)
        for client in self.clients:
            client.read()

    # Steps

    def attach(self, process: int, user: int) -> None:
        who = [*self.users, None][user % 6]
        self.machine.processes[process % 3].attach(who)

    def join(self, client: int, topic: int) -> None:
        self._with(client, lambda each: each.process.join(each, TOPICS[topic % 3]))

    def leave(self, client: int, topic: int) -> None:
        self._with(client, lambda each: each.process.leave(each, TOPICS[topic % 3]))

    def detach(self, client: int) -> None:
        self._with(client, lambda each: each.process.detach(each))

    def describe(self, client: int, doing: str | None) -> None:
        self._with(client, lambda each: each.process.describe(each, NAMED_TOPIC, doing))

    def rename(self, user: int, process: int) -> None:
        """Only one process sees the event."""
        user_id = self.users[user % 5]
        self.machine.change_user(user_id, name=f"{self.machine.users[user_id].name}'")
        self.machine.processes[process % 3].presence.refresh(user_id)

    def hide(self, user: int, is_hidden: bool) -> None:
        user_id = self.users[user % 5]
        self.machine.change_user(user_id, is_hidden=is_hidden)
        for process in self.machine.processes:
            process.presence.refresh(user_id)

    def slow(self, client: int, is_slow: bool) -> None:
        self._with(client, lambda each: setattr(each, "is_slow", True) if is_slow else each.read())

    def lose(self, share: int) -> None:
        """Loses every event, none, or one of some."""
        count = 0

        def is_lost(_event: object) -> bool:
            nonlocal count
            count += 1
            return share > 0 and count % share == 0

        self.machine.is_lost = is_lost

    def restart(self, process: int) -> None:
        self.machine.kill(self.machine.processes[process % 3])
        self.machine.start()

    def wait(self, duration_s: float) -> None:
        self.machine.advance(duration_s)

    def _with(self, client: int, act: Callable[[Client], None]) -> None:
        if clients := self.clients:
            act(clients[client % len(clients)])


def expected(story: Story, topic: str) -> tuple[int, list[str]]:
    """The number of people in a topic, and the names of those that are named."""
    there = [client for client in story.clients if topic in client.topics]
    users = {story.machine.users[each.actor.id] for each in there if each.actor.id}
    names = sorted(user.name for user in users if not user.is_hidden)
    return len({each.person for each in there}), names


def check(steps: list[Step], *, is_bounded: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replicas, "MAX_PEOPLE_PER_EVENT", 2)
        if is_bounded:
            for module in (publisher, views):
                patch.setattr(module, "MAX_NAMED_PEOPLE", 3)
                patch.setattr(module, "NAMED_AGAIN_PEOPLE", 2)
        story = Story(make_machine(patch))
        story.run(steps)
        story.settle()
        for topic in TOPICS:
            check_topic(story, topic, is_bounded=is_bounded)
        check_online(story)


def check_topic(story: Story, topic: str, *, is_bounded: bool) -> None:
    count, names = expected(story, topic)
    are_counted = any(
        topic in process.presence._publisher.published.counts for process in story.machine.processes
    )
    for process in story.machine.processes:
        known = process.presence.count(topic)
        # Somebody in two processes that only send counts is counted twice.
        assert known == count or (are_counted and known > count)
    for client in story.clients:
        if topic == COUNTED_TOPIC or topic not in client.topics:
            continue
        assert client.views[topic].count == client.process.presence.count(topic)
        shown = client.names(topic)
        if not is_bounded or count <= 2:
            assert shown == names
        else:
            # Between the bounds, it depends on what was before.
            assert shown is None or (count == 3 and shown == names)


def check_online(story: Story) -> None:
    users = {client.actor.id for client in story.clients if client.actor.id}
    online = {each for each in users if not story.machine.users[each].is_hidden}
    for process in story.machine.processes:
        assert process.presence.online(story.users) == online
        shown = process.presence._online._shown.values()
        assert {each.id for each in shown} == online


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_all_agree_in_the_end(steps: list[Step]) -> None:
    check(steps, is_bounded=False)


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_all_agree_in_the_end_where_few_are_named(steps: list[Step]) -> None:
    check(steps, is_bounded=True)
