"""The room of a project: created on first use, and deleted with the project."""

from functools import partial
from uuid import UUID

from apikit.actors import Actor
from chat.models import Room, RoomKind
from chat.rooms import create, delete_locked_room, find_or_create
from chat.selectors import get_standing
from workspaces.errors import ProjectNotFoundError
from workspaces.hooks import project_deleted
from workspaces.models import Project
from workspaces.permissions import Action
from workspaces.selectors import get_standing as get_standing_in_project


def open_project_room(*, actor: Actor, project_id: UUID) -> Room:
    """Return the room of a project that ``actor`` is in, created on first use.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError: for projects of others as for missing ones.
    :raises RoomNotFoundError: if staff have hidden the room.
    """
    get_standing_in_project(actor, project_id, Action.USE_ROOM)
    room, _ = find_or_create(
        partial(Room.objects.filter(project_id=project_id).first),
        partial(_create_project_room, project_id),
    )
    return get_standing(actor, room.id).room


def _create_project_room(project_id: UUID) -> Room:
    # The lock keeps the project from being deleted meanwhile, which would leave the room behind.
    if not Project.objects.select_for_update(no_key=True).filter(id=project_id).exists():
        raise ProjectNotFoundError
    return create(kind=RoomKind.PROJECT, project_id=project_id)


@project_deleted.register
def delete_room_of_project(project_id: UUID) -> None:
    """Delete the room of a project, in the transaction that deletes the project."""
    room = Room.objects.select_for_update().filter(project_id=project_id).first()
    if room is not None:
        delete_locked_room(room)
