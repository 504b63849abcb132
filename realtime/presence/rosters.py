"""How many people are subscribed to each topic, over all processes."""


class Roster:
    """The people of one topic.

    ``processes`` holds, by person key, in how many processes the person is; ``unnamed`` is the
    number of people of processes that have too many to name.
    """

    __slots__ = ("processes", "unnamed")

    def __init__(self) -> None:
        self.processes: dict[int, int] = {}
        self.unnamed = 0

    @property
    def count(self) -> int:
        return len(self.processes) + self.unnamed


class Rosters:
    """The rosters of all topics that have people in any process."""

    def __init__(self) -> None:
        self._topics: dict[str, Roster] = {}

    def count(self, topic: str) -> int:
        """Returns the number of people; the time it takes is constant."""
        roster = self._topics.get(topic)
        return roster.count if roster else 0

    def unnamed(self, topic: str) -> int:
        """Returns how many of them are in processes that have too many to name."""
        roster = self._topics.get(topic)
        return roster.unnamed if roster else 0

    def people(self, topic: str) -> list[int]:
        """Returns the keys of the others."""
        roster = self._topics.get(topic)
        return [*roster.processes] if roster else []

    def has(self, topic: str, person: int) -> bool:
        """Whether the person is in the topic, in any process that names its people."""
        roster = self._topics.get(topic)
        return roster is not None and person in roster.processes

    def change(self, topic: str, person: int | None, difference: int) -> None:
        """Counts one process more or less for a person, or ``difference`` unnamed people."""
        roster = self._topics.setdefault(topic, Roster())
        if person is None:
            roster.unnamed += difference
        else:
            left = roster.processes.get(person, 0) + difference
            if left:
                roster.processes[person] = left
            else:
                roster.processes.pop(person, None)
        if not roster.count:
            del self._topics[topic]
