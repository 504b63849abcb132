"""Which workspaces a person can choose for something new."""

from django.db.models import QuerySet

from apikit.actors import Actor
from workspaces.models import Member, Workspace
from workspaces.permissions import Action, roles_with


def list_workspaces_allowing(actor: Actor, action: Action) -> QuerySet[Workspace]:
    """Return the workspaces, except archived ones, where the role of ``actor`` allows ``action``.

    By project and name, with their projects. Staff get those of their own projects only.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    """
    members = Member.objects.filter(user_id=actor.account_id(), role__in=roles_with(action))
    workspaces = Workspace.objects.filter(
        archived_at=None, project__in=members.order_by().values("project_id")
    )
    return workspaces.select_related("project").order_by(
        "project__name", "project_id", "name", "id"
    )
