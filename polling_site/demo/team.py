"""The team of the demo: three people who share polls in two workspaces."""

import secrets
from datetime import timedelta

from django.utils import timezone

from accounts.identity import mask_email
from accounts.models import User
from apikit.actors import Actor
from polls.editing import update_poll
from polls.models import Poll, PollKind, ResultsVisibility
from polls.services import create_poll, publish_poll
from workspaces.activity import Target, record
from workspaces.invitation_selectors import hash_token
from workspaces.members import add_member
from workspaces.models import Invitation, Project
from workspaces.permissions import Role
from workspaces.projects import create_project
from workspaces.spaces import create_workspace

INVITED_EMAIL = "grace@tallyroom.example"
INVITED_FOR = timedelta(days=7)


def create_team(owner: User, collaborator: User, viewer: User) -> list[tuple[Poll, bool]]:
    """Creates a project with activity; returns its published polls, and whether to close each."""
    ada, ben = Actor(owner.id), Actor(collaborator.id)
    project = create_project(
        actor=ada, name="Town hall", description="Polls for our monthly town halls."
    )
    for user, role in ((collaborator, Role.COLLABORATOR), (viewer, Role.VIEWER)):
        add_member(actor=ada, project_id=project.id, email=str(user.email), role=role)
    budget = create_workspace(
        actor=ada,
        project_id=project.id,
        name="Budget 2027",
        settings={"description": "What shall we spend next year’s money on?", "color": "teal"},
    )
    summer = create_workspace(
        actor=ben, project_id=project.id, name="Summer party", settings={"color": "orange"}
    )
    _invite(project, ada)
    spending = create_poll(
        actor=ada,
        workspace_id=budget.id,
        question="What should next year’s budget go to?",
        options=["A quieter office", "New laptops", "A trip for everyone", "Savings"],
        kind=PollKind.MULTIPLE,
        max_choices=2,
        results_visibility=ResultsVisibility.AFTER_VOTE,
    )
    update_poll(
        actor=ben, poll_id=spending.id, changes={"question": "Where should the budget for 2027 go?"}
    )
    publish_poll(actor=ada, poll_id=spending.id)
    create_poll(
        actor=ben,
        workspace_id=budget.id,
        question="How often should we hear about the budget?",
        options=["Every month", "Every quarter", "Once a year"],
    )
    party = create_poll(
        actor=ben,
        workspace_id=summer.id,
        question="Where shall we celebrate?",
        options=["By the lake", "In the courtyard", "On a boat"],
        allow_change=True,
        is_published=True,
    )
    spending.refresh_from_db()
    return [(spending, False), (party, True)]


def _invite(project: Project, actor: Actor) -> None:
    """Creates an open invitation without an email, since nobody has that address."""
    now = timezone.now()
    invitation = Invitation.objects.create(
        project=project,
        email=INVITED_EMAIL,
        role=Role.VIEWER,
        token_hash=hash_token(secrets.token_urlsafe(32)),
        invited_by_id=actor.id,
        sent_at=now,
        expires_at=now + INVITED_FOR,
        created_at=now,
    )
    target = Target("invitation", invitation.id, mask_email(INVITED_EMAIL))
    after = {"role": Role.VIEWER.value}
    record(project.id, "invitation.sent", target, actor=actor, after=after)
