"""Extension points of accounts, see :mod:`apikit.registries`.

Apps above register in their ``ready()`` or in a service; services and selectors here call them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists
from django.db.models.expressions import Combinable

from apikit.registries import Hook, Registry

# Withdraws what a user contributed to other users' objects: (user_id).
withdraw_contributions: Hook[[UUID], None] = Hook()

# Deletes the objects a user owns, before the user is deleted: (user_id).
delete_belongings: Hook[[UUID], None] = Hook()

# Called regularly during long work; raises if the work has to stop.
Pulse = Callable[[], None]

# Erases what a person wrote, but not their votes: (user_id, pulse). Rows that would be deleted with
# the account are deleted without a hook; see ``accounts.erasing``. Safe to repeat.
erase_writings: Hook[[UUID, Pulse], None] = Hook()

# Erases what is stored under an email address: (user_id, addresses). In the transaction that clears
# the address.
erase_addresses: Hook[[UUID, list[str]], None] = Hook()

# Moves a guest's contributions to the account it signed in to: (guest_id, account_id).
merge_contributions: Hook[[UUID, UUID], None] = Hook()

# Conditions under which a guest (``OuterRef("pk")``) is not pruned, because rows refer to it.
guest_anchors: Registry[str, Exists] = Registry("guest anchor")

# Counts in a user's own profile, by field name: poll_count and vote_count.
profile_counts: Registry[str, Callable[[UUID], int]] = Registry("profile count")


@dataclass(frozen=True, slots=True)
class UserCount:
    """A count per user, for lists of users.

    ``expression`` counts in a query of users. ``list_page`` is the URL name of the admin list of
    what is counted; the query parameter ``parameter`` filters it by user.
    """

    label: str
    expression: Combinable
    list_page: str
    parameter: str


# The counts of profile_counts, for many users in one query.
user_counts: Registry[str, UserCount] = Registry("user count")
