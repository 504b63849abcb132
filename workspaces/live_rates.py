"""Bounds what members send each other in a project, and shares it fairly among them."""

from dataclasses import dataclass, field

# A project's events go to all its members: 50 units a second, of which a member gets 10 at most.
PROJECT_UNITS_PER_SECOND = 50.0
MEMBER_UNITS_PER_SECOND = 10.0
# What a member may send at once after a quiet time.
BURST_UNITS = 20.0
# An event costs one unit, and one more for each of these.
BYTES_PER_UNIT = 1024
# A member who has sent nothing for this long does not count as sending.
SENDING_S = 2.0


def cost_of(size_bytes: int) -> float:
    """Return the units of an event with a payload of this size."""
    return 1.0 + size_bytes // BYTES_PER_UNIT


@dataclass(slots=True)
class _Budget:
    units: float = BURST_UNITS
    at_s: float = 0.0


@dataclass(slots=True)
class FairRate:
    """The budgets of the members who send in a project, by their keys.

    All who send get the same share, so nobody can take what others need, with any number of
    sockets. ``MEMBER_UNITS_PER_SECOND`` is the most; with more than five at once, it is less.
    """

    _budgets: dict[int, _Budget] = field(default_factory=dict)

    def take(self, person: int, units: float, now_s: float) -> float:
        """Take units; return 0.0, or else for how many seconds to wait."""
        budget = self._budgets.setdefault(person, _Budget(at_s=now_s))
        senders = sum(now_s - each.at_s < SENDING_S for each in self._budgets.values())
        share = min(MEMBER_UNITS_PER_SECOND, PROJECT_UNITS_PER_SECOND / max(1, senders))
        budget.units = min(BURST_UNITS, budget.units + (now_s - budget.at_s) * share)
        budget.at_s = now_s
        if budget.units < units:
            return (units - budget.units) / share
        budget.units -= units
        return 0.0

    def forget_quiet(self, now_s: float) -> None:
        """Forget those whose budget is full again."""
        for person, budget in [*self._budgets.items()]:
            if (now_s - budget.at_s) * MEMBER_UNITS_PER_SECOND + budget.units >= BURST_UNITS:
                del self._budgets[person]

    @property
    def is_unused(self) -> bool:
        """Whether everybody is forgotten."""
        return not self._budgets
