"""Makes the people of a roster members of a project, or invites them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.identity import email_spellings
from accounts.models import User
from apikit.actors import Actor
from workspaces.bulk_invitations import check_room, invite_later
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Action
from workspaces.roster import admit_member
from workspaces.roster_plan import Entry
from workspaces.selectors import get_standing

# Addresses in one condition; databases bound the number of values.
_AT_ONCE = 200


@dataclass(slots=True)
class RosterCounts:
    """What was done. ``waiting`` invitations have emails to be sent."""

    added: int = 0
    invited: int = 0
    members: int = 0
    already_invited: int = 0
    waiting: int = 0


def split_known(
    project_id: UUID, entries: Iterable[Entry]
) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Return the entries of members, of people with an open invitation, and of all others."""
    listed = list(entries)
    member_emails = _member_emails(project_id)
    invited_emails = set(_open_invitations(project_id))
    members = [each for each in listed if member_emails & set(email_spellings(each.email))]
    rest = [each for each in listed if not member_emails & set(email_spellings(each.email))]
    invited = [each for each in rest if each.email in invited_emails]
    return members, invited, [each for each in rest if each.email not in invited_emails]


def apply_roster(*, actor: Actor, project_id: UUID, entries: Collection[Entry]) -> RosterCounts:
    """Make accounts members and invite other addresses; call it in a transaction.

    Members stay what they are. Suspended accounts are invited like addresses without an account, so
    that nobody learns of the suspension.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises ProjectFullError: at the maximum number of members, or of open invitations.
    """
    project = get_standing(actor, project_id, Action.MANAGE_MEMBERS, is_locked=True).project
    members, _, _ = split_known(project_id, entries)
    counts = RosterCounts(members=len(members))
    known = {each.email for each in members}
    others = [each for each in entries if each.email not in known]
    accounts = _lock_accounts([each.email for each in others])
    for entry in others:
        if (user := accounts.get(entry.email)) is not None:
            _, is_new = admit_member(project, user, entry.role, actor=actor, invited_by_id=actor.id)
            counts.added += is_new
            counts.members += not is_new
    _invite(actor, project, [each for each in others if each.email not in accounts], counts)
    return counts


def _invite(actor: Actor, project: Project, entries: list[Entry], counts: RosterCounts) -> None:
    invitations = _open_invitations(project.id)
    check_room(project, sum(each.email not in invitations for each in entries))
    for entry in entries:
        invitation = invitations.get(entry.email)
        is_waiting = invite_later(
            actor=actor,
            project=project,
            email=entry.email,
            role=entry.role,
            invitation=invitation,
        )
        counts.waiting += is_waiting
        counts.invited += invitation is None
        counts.already_invited += invitation is not None


def _lock_accounts(emails: list[str]) -> dict[str, User]:
    """Return the accounts with these addresses, locked so that they are not deleted meanwhile.

    Locked in the order of their ids, so that two rosters do not deadlock.
    """
    found = User.objects.filter(is_active=True, is_guest=False)
    ids: set[UUID] = set()
    for start in range(0, len(emails), _AT_ONCE):
        spellings = [
            spelling
            for email in emails[start : start + _AT_ONCE]
            for spelling in email_spellings(email)
        ]
        ids.update(found.filter(email__in=spellings).values_list("id", flat=True))
    locked = found.filter(id__in=ids).select_for_update(no_key=True).order_by("id")
    by_spelling = {user.email: user for user in locked}
    return {
        email: by_spelling[spelling]
        for email in emails
        # The normalized spelling first, see find_by_email().
        for spelling in reversed(email_spellings(email))
        if spelling in by_spelling
    }


def _member_emails(project_id: UUID) -> set[str]:
    emails = Member.objects.filter(project_id=project_id).values_list("user__email", flat=True)
    return {email for email in emails if email}


def _open_invitations(project_id: UUID) -> dict[str, Invitation]:
    invitations = Invitation.objects.filter(Invitation.OPEN, project_id=project_id)
    return {each.email: each for each in invitations.select_related("project")}
