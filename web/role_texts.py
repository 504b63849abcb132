"""What the roles in a project are called, and what they may do, in the reader's language.

What a role may do comes from ``workspaces.permissions``; only the words are here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from workspaces.permissions import PERMISSIONS, Action, Role

ROLE_NAMES: Mapping[Role, Promise] = {
    Role.OWNER: pgettext_lazy("role", "Owner"),
    Role.COLLABORATOR: pgettext_lazy("role", "Collaborator"),
    Role.VIEWER: pgettext_lazy("role", "Viewer"),
}

# Within a sentence, such as "invited as viewer".
ROLES_IN_SENTENCES: Mapping[Role, Promise] = {
    Role.OWNER: pgettext_lazy("in a sentence", "owner"),
    Role.COLLABORATOR: pgettext_lazy("in a sentence", "collaborator"),
    Role.VIEWER: pgettext_lazy("in a sentence", "viewer"),
}

ROLE_SUMMARIES: Mapping[Role, Promise] = {
    Role.OWNER: _("Manages the project, its members and everything in it."),
    Role.COLLABORATOR: _("Creates, edits and presents polls and workspaces."),
    Role.VIEWER: _("Sees everything in the project, and votes."),
}

ACTION_NAMES: Mapping[Action, Promise] = {
    Action.VIEW_PROJECT: _("See the project, its members and its workspaces"),
    Action.VIEW_ACTIVITY: _("See the activity"),
    Action.EXPORT_ACTIVITY: _("Export the activity"),
    Action.JOIN_LIVE: _("See who is here, and be seen"),
    Action.USE_ROOM: _("Read and write in the project’s room"),
    Action.MODERATE_ROOM: _("Moderate the project’s room"),
    Action.VIEW_POLLS: _("See all polls, including drafts"),
    Action.VIEW_TEAM_RESULTS: _("See results that are for the team only"),
    Action.VIEW_ALL_RESULTS: _("See all results at any time"),
    Action.CREATE_POLLS: _("Create polls"),
    Action.EDIT_POLLS: _("Edit, publish, close, move and delete polls"),
    Action.PRESENT_POLLS: _("Present polls"),
    Action.EXPORT_POLLS: _("Export votes and timelines"),
    Action.RELEASE_POLLS: _("Move polls out of the project"),
    Action.EDIT_WORKSPACES: _("Create, change and archive workspaces"),
    Action.DELETE_WORKSPACES: _("Delete workspaces with their polls"),
    Action.VIEW_JOBS: _("See jobs and their results"),
    Action.RUN_JOBS: _("Start and cancel jobs"),
    Action.MANAGE_WEBHOOKS: _("See and manage webhooks"),
    Action.INVITE: _("Invite people, and manage invitations"),
    Action.MANAGE_MEMBERS: _("Change roles, remove members, hand over the project"),
    Action.EDIT_PROJECT: _("Change the project’s name and description"),
    Action.DELETE_PROJECT: _("Delete the project with everything in it"),
}


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """What may be done, and for each role in the order of ``Role`` whether it may."""

    name: str
    allowed: Sequence[bool]


def permission_rows() -> list[PermissionRow]:
    """Returns the permission table for the page of members."""
    return [
        PermissionRow(str(name), [action in PERMISSIONS[role] for role in Role])
        for action, name in ACTION_NAMES.items()
    ]


def role_name(role: str | None, names: Mapping[Role, Promise] = ROLE_NAMES) -> str:
    """Returns the name of a role; empty for none, or one of a newer version."""
    return str(names[Role(role)]) if role in Role.values else ""
