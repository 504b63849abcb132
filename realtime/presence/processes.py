"""The people of the other processes, as known in this one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from realtime.presence.local_hub import LocalHub
from realtime.presence.protocol import (
    DEAD_AFTER_S,
    RESEND_INTERVAL_S,
    AllPeople,
    PeopleChanged,
    PeopleWanted,
    ProcessAlive,
)
from realtime.presence.replicas import Changes, Entry, Replica, Touch
from realtime.topics import SITE_TOPIC


@dataclass(slots=True)
class _Process:
    """One other process.

    ``parts`` holds the parts of its people after ``parts_sequence`` that have arrived so far.
    """

    last_received_s: float
    replica: Replica = field(default_factory=Replica)
    asked_at_s: float | None = None
    parts_sequence: int = -1
    parts: dict[int, Changes] = field(default_factory=dict)


class Processes:
    """Applies what other processes send, and asks for what was missed.

    ``touched`` is called for each effective change.
    """

    def __init__(self, hub: LocalHub, touched: Callable[[Touch], None]) -> None:
        self._hub = hub
        self._touched = touched
        self._known: dict[str, _Process] = {}

    def entries(self, topic: str, person: int) -> Iterator[Entry]:
        """Yields the entries of a person in the processes that name the person."""
        for process in self._known.values():
            entry = process.replica.topics.get(topic, {}).get(person)
            if entry is not None:
                yield entry

    def receive_changes(self, event: PeopleChanged) -> None:
        process = self._record_contact(event.process_id)
        expected = process.replica.sequence + 1
        if event.sequence > expected:
            self._ask(event.process_id, process)
        elif event.sequence == expected:
            self._apply(process, event.sequence, event.changes)

    def receive_all(self, event: AllPeople) -> None:
        process = self._record_contact(event.process_id)
        known = process.replica
        is_known = (known.sequence, known.digest) == (event.sequence, event.digest)
        if is_known or event.sequence < known.sequence:
            return
        if event.sequence != process.parts_sequence:
            process.parts_sequence, process.parts = event.sequence, {}
        process.parts[event.part] = event.people
        if len(process.parts) == event.parts:
            everything = _joined(process.parts.values())
            process.parts_sequence, process.parts = -1, {}
            self._apply(process, event.sequence, process.replica.changes_to(everything))

    def receive_alive(self, event: ProcessAlive) -> None:
        process = self._record_contact(event.process_id)
        known = process.replica
        if (known.sequence, known.digest) != (event.sequence, event.digest):
            self._ask(event.process_id, process)

    def forget(self, process_id: str) -> None:
        """Removes a process and its people."""
        process = self._known.get(process_id)
        if process is not None:
            self._apply(process, 0, process.replica.changes_to(Changes()))
            del self._known[process_id]

    def forget_dead(self) -> None:
        """Removes the processes that have been silent for too long.

        While the channel layer is unavailable, all are silent, so none is removed.
        """
        now_s = self._hub.now_s()
        if not self._hub.bridge.is_up:
            for process in self._known.values():
                process.last_received_s = now_s
        for process_id, process in [*self._known.items()]:
            if now_s - process.last_received_s > DEAD_AFTER_S:
                self.forget(process_id)

    def is_known(self, process_id: str) -> bool:
        """Whether anything of the process's people is known."""
        return process_id in self._known and self._known[process_id].replica.sequence > 0

    def _record_contact(self, process_id: str) -> _Process:
        now_s = self._hub.now_s()
        process = self._known.setdefault(process_id, _Process(now_s))
        process.last_received_s = now_s
        return process

    def _apply(self, process: _Process, sequence: int, changes: Changes) -> None:
        process.replica.sequence = sequence
        for touch in process.replica.apply(changes):
            self._touched(touch)

    def _ask(self, process_id: str, process: _Process) -> None:
        now_s = self._hub.now_s()
        if process.asked_at_s is None or now_s - process.asked_at_s >= RESEND_INTERVAL_S:
            process.asked_at_s = now_s
            self._hub.send_to_others(SITE_TOPIC, PeopleWanted(of=process_id))


def _joined(parts: Iterable[Changes]) -> Changes:
    everything = Changes()
    for part in parts:
        everything.counts |= part.counts
        for topic, people in part.put.items():
            everything.put.setdefault(topic, {}).update(people)
    return everything
