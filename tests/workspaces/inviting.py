"""Projects with members, and what tests of invitations share."""

import re
from typing import Any

from django.core import mail

from accounts.models import User
from tests.accounts.conftest import wait_for_emails
from tests.conftest import actor_of
from tests.workspaces.teams import join
from workspaces.invitations import invite
from workspaces.models import Activity, Invitation, Member, Project
from workspaces.permissions import Role
from workspaces.projects import create_project

DORA = "dora@example.org"


def make_project(owner: User, *, name: str = "Town hall", **roles: User) -> Project:
    """A project of ``owner``, with one member per role: ``viewer=bob``."""
    project = create_project(actor=actor_of(owner), name=name)
    for role, user in roles.items():
        join(project, user, Role(role))
    return project


def send(inviter: User, project: Project, email: str = DORA, role: str = "viewer") -> Invitation:
    """Invites somebody who is not a member."""
    invited = invite(actor=actor_of(inviter), project_id=project.id, email=email, role=role)
    assert invited.invitation is not None
    return invited.invitation


def sent_emails() -> list[Any]:
    """The emails so far, all of them sent."""
    wait_for_emails()
    return mail.outbox


def token_in(email: Any) -> str:
    """The token in an email."""
    [token] = set(re.findall(r"/invitations/([\w-]+)", email.body))
    return str(token)


def verbs_in(project: Project) -> list[str]:
    """What was recorded of a project's invitations."""
    rows = Activity.objects.filter(project=project, verb__startswith="invitation.")
    return list(rows.values_list("verb", flat=True))


def role_of(user: User, project: Project) -> str | None:
    return Member.objects.filter(project=project, user=user).values_list("role", flat=True).first()
