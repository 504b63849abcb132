"""Rules about a team's polls that no endpoint shows, and what they cost."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from polls.models import Poll
from polls.selectors import find_changeable, get_managed_poll_for, view_polls, whole_polls
from polls.snapshots import get_snapshots_for
from tests.conftest import ClientFor, MakePoll, actor_of, option_ids
from tests.workspaces.polls import make_team_poll
from votes import ledger
from votes.ballots import Ballot
from workspaces.errors import ActionNotAllowedError
from workspaces.models import Workspace
from workspaces.permissions import Action

pytestmark = pytest.mark.django_db


def test_public_drafts_are_not_those_of_teams(
    alice: User,
    vera: User,
    workspace: Workspace,
    make_poll: MakePoll,
    client_for: ClientFor,
    settings: Settings,
) -> None:
    settings.FEATURE_PUBLIC_DRAFTS = True
    own, team = make_poll(is_published=False), make_team_poll(alice, workspace, is_published=False)
    assert client_for(None).get(f"/api/polls/{own.id}").status_code == 200
    assert client_for(None).get(f"/api/polls/{team.id}").status_code == 404
    assert client_for(vera).get(f"/api/polls/{team.id}").status_code == 200


def test_pages_offer_changes_to_those_who_may_make_them(
    alice: User, bob: User, vera: User, staff: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    own, team = make_poll(), make_team_poll(bob, workspace)
    changeable = {
        user.name: find_changeable([own, team], actor_of(user))
        for user in (alice, bob, vera, staff)
    }
    both = {own.id, team.id}
    assert changeable == {"Alice": both, "Bob": {team.id}, "Vera": set(), "Staff": both}


def test_pages_show_what_the_role_allows(
    bob: User, vera: User, charlie: User, workspace: Workspace
) -> None:
    poll = make_team_poll(bob, workspace)
    assert get_managed_poll_for(actor_of(vera), poll.id, Action.VIEW_POLLS) == poll
    with pytest.raises(ActionNotAllowedError):
        get_managed_poll_for(actor_of(vera), poll.id, Action.PRESENT_POLLS)
    assert get_managed_poll_for(actor_of(bob), poll.id, Action.PRESENT_POLLS) == poll


# Costs


def queries_of(work: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_roles_are_not_read_for_polls_without_a_team(
    alice: User, bob: User, workspace: Workspace, make_poll: MakePoll, client_for: ClientFor
) -> None:
    own, team = make_poll(), make_team_poll(alice, workspace)
    actors = [actor_of(alice), actor_of(bob)]
    polls = {poll.id: poll for poll in whole_polls()}
    assert queries_of(lambda: view_polls([polls[own.id]], actors[0])) == 0
    assert queries_of(lambda: view_polls([polls[team.id]], actors[0])) == 1
    assert queries_of(lambda: get_snapshots_for(actors, own.id)) == 2
    assert queries_of(lambda: get_snapshots_for(actors, team.id)) == 3


def test_a_vote_costs_the_same_in_a_public_poll_of_a_team(
    alice: User, bob: User, charlie: User, workspace: Workspace, make_poll: MakePoll
) -> None:
    def cost_of(poll: Poll, *voters: User) -> int:
        option_id = option_ids(poll)[0]
        ballots = [
            Ballot(voter_id=voter.id, option_ids=(option_id,), poll_id=poll.id) for voter in voters
        ]
        return queries_of(lambda: ledger.record(ballots))

    own, team = make_poll(), make_team_poll(alice, workspace)
    cost = cost_of(own, charlie)
    assert cost_of(team, charlie) == cost
    # A refused ballot writes nothing; the roles are read once for all of them.
    own_draft = make_poll(is_published=False)
    team_draft = make_team_poll(alice, workspace, is_published=False)
    cost = cost_of(own_draft, alice)
    assert cost_of(team_draft, alice) == cost + 1
    assert cost_of(team_draft, alice, bob, charlie) == cost + 1


def test_a_change_of_a_poll_without_a_team_locks_no_project(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    with CaptureQueriesContext(connection) as queries:
        client.put(f"/api/polls/{poll.id}/close")
        client.get(f"/api/polls/{poll.id}")
        client.get(f"/api/polls/{uuid4()}")
    assert not [each["sql"] for each in queries if "workspaces_" in each["sql"]]
