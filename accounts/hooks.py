"""Hooks for the apps above, which register with them in ``ready()``."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists
from django.db.models.expressions import Combinable


class Hook:
    """Functions that take ids; the hook decorates those that are to be called."""

    def __init__(self) -> None:
        self._functions: list[Callable[..., object]] = []

    def __call__(self, function: Callable[..., object]) -> Callable[..., object]:
        self._functions.append(function)
        return function

    def run(self, *ids: UUID) -> None:
        """Calls them all, in the order of registration."""
        for function in self._functions:
            function(*ids)


# Takes back what a person contributed to things of others, and leaves those right.
withdraw_contributions = Hook()

# Deletes what belongs to a person, before the person is deleted.
delete_belongings = Hook()

# Moves what a guest contributed to the account it signed in to: (guest_id, account_id).
merge_contributions = Hook()

# Conditions on a guest (``OuterRef("pk")``) who must not be pruned: what was left refers to them.
guest_anchors: list[Exists] = []

# Counts for a person's own profile: poll_count and vote_count.
profile_counts: dict[str, Callable[[UUID], int]] = {}


@dataclass(frozen=True, slots=True)
class UserCount:
    """How many of something each of many people has, for lists of people.

    ``expression`` counts within a query over users. ``list_page`` names the admin page that
    lists what was counted, and ``parameter`` what narrows it to one person.
    """

    label: str
    expression: Combinable
    list_page: str
    parameter: str


# The counts of profile_counts, for many people in one query.
user_counts: dict[str, UserCount] = {}
