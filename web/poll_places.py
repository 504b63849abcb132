"""Where a poll can be: among your own, or in a workspace of a team."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apikit.actors import Actor
from polls.models import Poll
from polls.visibility import may
from workspaces.choices import list_workspaces_allowing
from workspaces.models import Workspace
from workspaces.permissions import Action
from workspaces.selectors import list_workspaces_for, read_role

# A longer list could not be read any more; workspaces have a button for a new poll as well.
WORKSPACES_OFFERED = 300
PERSONAL = ("", _("My polls"))

# Choices of a select: a value and a label, or the label of a group and its choices.
Choice = tuple[Any, Any]


def places_for_new_poll(actor: Actor) -> list[Choice]:
    """Returns where ``actor`` may create polls; empty if only among their own."""
    groups = _grouped(list_workspaces_allowing(actor, Action.CREATE_POLLS)[:WORKSPACES_OFFERED])
    return [PERSONAL, *groups] if groups else []


def places_for(poll: Poll, actor: Actor) -> list[Choice]:
    """Returns where ``actor`` may move a poll, and where it is; empty if it can only stay."""
    if poll.project_id is None:
        return places_for_new_poll(actor) if poll.creator_id == actor.id else []
    role = read_role(poll.project_id, actor)
    within = list(list_workspaces_for(actor, poll.project_id))
    if poll.workspace is not None and poll.workspace not in within:
        within.append(poll.workspace)
    places: list[Choice] = []
    if may(poll, actor, role, Action.RELEASE_POLLS):
        others = list_workspaces_allowing(actor, Action.CREATE_POLLS)
        others = others.exclude(project_id=poll.project_id)
        places = [PERSONAL, *_grouped([*within, *others[:WORKSPACES_OFFERED]])]
    elif len(within) > 1:
        places = _grouped(within)
    return places


def initial_place(choices: Sequence[Choice], workspace_id: str, project_id: str) -> UUID | None:
    """Returns the workspace that a link to a new poll asks for, if it can be chosen.

    With a project, its first workspace.
    """
    for _label, group in choices:
        for place, workspace in group if isinstance(group, list) else ():
            if place == workspace_id or str(workspace.project_id) == project_id:
                return UUID(place)
    return None


def _grouped(workspaces: Any) -> list[Choice]:
    """Returns a group of choices for each project."""
    return [
        (project.name, [(str(each.id), _Named(each)) for each in group])
        for project, group in groupby(workspaces, key=lambda each: each.project)
    ]


class _Named:
    """A workspace as the label of a choice."""

    def __init__(self, workspace: Workspace) -> None:
        self.project_id = workspace.project_id
        self._name = workspace.name

    def __str__(self) -> str:
        return self._name


def place_name(workspace_id: str | None) -> str | Promise:
    """Returns the name of a workspace that a person may see."""
    if workspace_id is None:
        return PERSONAL[1]
    return Workspace.objects.values_list("name", flat=True).filter(id=workspace_id).first() or ""
