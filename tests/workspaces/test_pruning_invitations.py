"""Invitations are deleted some time after they have expired."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from apikit import pruning as engine
from apikit.pruning import PRUNERS
from tests.conftest import actor_of
from tests.workspaces.inviting import make_project, send
from workspaces import pruning
from workspaces.invitation_selectors import InvitationState, list_invitations_for, states_of
from workspaces.models import Invitation

pytestmark = pytest.mark.django_db


def expire(*invitations: Invitation, days: float) -> None:
    ids = [each.id for each in invitations]
    moment = timezone.now() - timedelta(days=days)
    Invitation.objects.filter(id__in=ids).update(expires_at=moment)


def test_expired_and_answered_ones_are_deleted_after_a_time(alice: User) -> None:
    project = make_project(alice)
    fresh, expired, old, answered = (
        send(alice, project, f"{name}@example.org") for name in ("a", "b", "c", "d")
    )
    Invitation.objects.filter(id=answered.id).update(accepted_at=timezone.now())
    expire(expired, days=29.9)
    expire(old, answered, days=30.1)
    batch = PRUNERS["invitations"].prune_batch("")
    assert (batch.deleted, batch.position) == (2, None)
    assert set(Invitation.objects.all()) == {fresh, expired}
    states = {
        each.invitation: each.state
        for each in states_of(list_invitations_for(actor_of(alice), project.id))
    }
    assert states == {fresh: InvitationState.OPEN, expired: InvitationState.EXPIRED}


def test_a_full_batch_is_continued(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH_ROWS", 2)
    assert engine.BATCH_ROWS > 2
    project = make_project(alice)
    expire(*(send(alice, project, f"{number}@example.org") for number in range(3)), days=31)
    batches = [pruning.prune_invitations("") for _ in range(2)]
    assert [(each.deleted, each.position) for each in batches] == [(2, ""), (1, None)]
