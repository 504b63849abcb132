"""What each role may do in a project: the only place of these rules.

REST, sockets, pages, the admin and jobs all ask :func:`allows`. The table in the documentation is
printed from :data:`PERMISSIONS`.
"""

from collections.abc import Mapping

from django.db import models

from apikit.errors import ValidationFailedError


class Role(models.TextChoices):
    OWNER = "owner"
    COLLABORATOR = "collaborator"
    VIEWER = "viewer"


class Action(models.TextChoices):
    """What a member may do; the labels are the words of the documentation."""

    VIEW_PROJECT = "view_project", "See the project, its members and its workspaces"
    VIEW_ACTIVITY = "view_activity", "See the activity"
    EXPORT_ACTIVITY = "export_activity", "Export the activity"
    JOIN_LIVE = "join_live", "Join the live project, and send events to the other members"
    USE_ROOM = "use_room", "Read and write in the project's room"
    MODERATE_ROOM = "moderate_room", "Moderate the project's room"
    VIEW_POLLS = "view_polls", "See all polls, drafts too"
    VIEW_TEAM_RESULTS = "view_team_results", "See results that only the team may see"
    VIEW_ALL_RESULTS = "view_all_results", "See all results at any time"
    CREATE_POLLS = "create_polls", "Create polls"
    EDIT_POLLS = "edit_polls", "Edit, publish, close, move and delete polls"
    PRESENT_POLLS = "present_polls", "Present polls"
    EXPORT_POLLS = "export_polls", "Export votes and timelines"
    RELEASE_POLLS = "release_polls", "Move polls out of the project"
    EDIT_WORKSPACES = "edit_workspaces", "Create, change and archive workspaces"
    DELETE_WORKSPACES = "delete_workspaces", "Delete workspaces with their polls"
    VIEW_JOBS = "view_jobs", "See jobs and their results"
    RUN_JOBS = "run_jobs", "Start and cancel jobs"
    MANAGE_WEBHOOKS = "manage_webhooks", "See and manage webhooks"
    INVITE = "invite", "Invite people, and see and revoke invitations"
    MANAGE_MEMBERS = "manage_members", "Change roles, remove members, transfer the project"
    EDIT_PROJECT = "edit_project", "Change the project"
    DELETE_PROJECT = "delete_project", "Delete the project with everything in it"


_OF_VIEWERS = {
    Action.VIEW_PROJECT,
    Action.VIEW_ACTIVITY,
    Action.JOIN_LIVE,
    Action.USE_ROOM,
    Action.VIEW_POLLS,
    Action.VIEW_TEAM_RESULTS,
    Action.VIEW_JOBS,
}
_OF_COLLABORATORS = _OF_VIEWERS | {
    Action.EXPORT_ACTIVITY,
    Action.VIEW_ALL_RESULTS,
    Action.CREATE_POLLS,
    Action.EDIT_POLLS,
    Action.PRESENT_POLLS,
    Action.EXPORT_POLLS,
    Action.EDIT_WORKSPACES,
    Action.RUN_JOBS,
}

PERMISSIONS: Mapping[Role, frozenset[Action]] = {
    Role.OWNER: frozenset(Action),
    Role.COLLABORATOR: frozenset(_OF_COLLABORATORS),
    Role.VIEWER: frozenset(_OF_VIEWERS),
}


def allows(role: Role | None, action: Action, *, is_staff: bool = False) -> bool:
    """Return whether ``role`` may do ``action``. Staff may do everything, strangers nothing."""
    return is_staff or (role is not None and action in PERMISSIONS[role])


def roles_with(action: Action) -> list[Role]:
    """Return the roles that may do ``action``, for query conditions."""
    return [role for role, actions in PERMISSIONS.items() if action in actions]


def check_role(role: Role | str) -> Role:
    """Return a role.

    :raises ValidationFailedError: if there is no such role.
    """
    try:
        return Role(role)
    except ValueError as error:
        names = ", ".join(Role.values)
        raise ValidationFailedError.of("role", f"Must be one of {names}.") from error
