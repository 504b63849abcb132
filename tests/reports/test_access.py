"""Who may have reports and archives, and read their files, is as in the table."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from jobs.models import Job
from polls.models import Poll, ResultsVisibility
from polls.services import hide_poll
from tests.conftest import ClientFor, actor_of
from tests.jobs.conftest import run_due
from tests.reports.jobs import upload
from tests.tables import read_table
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.members import change_role
from workspaces.models import Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project
from workspaces.spaces import update_workspace

pytestmark = pytest.mark.django_db

WORDS = {
    (200, None): "ok",
    (202, None): "ok",
    (401, "auth.required"): "sign-in",
    (401, "account.suspended"): "suspended",
    (403, "auth.account_required"): "no-guests",
    (403, "project.not_allowed"): "not-allowed",
    (403, "results.hidden"): "hidden",
    (404, "poll.not_found"): "missing",
    (404, "job.not_found"): "missing",
    (404, "project.not_found"): "missing",
    (404, "workspace.not_found"): "missing",
    (404, "upload.not_found"): "no-upload",
}

# Everybody uploads an archive of their own, except in the last row, where it is the owner's.
TABLE = read_table(
    """
                           owner  collaborator  viewer       removed  other      guest      visitor  staff      suspended
    report workspace       ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    report archived        ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    report poll            ok     ok            ok           ok       ok         no-guests  sign-in  ok         suspended
    report team-results    ok     ok            not-allowed  hidden   hidden     no-guests  sign-in  ok         suspended
    report later-results   ok     ok            hidden       hidden   hidden     no-guests  sign-in  ok         suspended
    report draft           ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    report hidden-poll     ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    export workspace       ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    export archived        ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    import project         ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    import upload          ok     no-upload     not-allowed  missing  missing    no-guests  sign-in  no-upload  suspended
    file report            ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    file export            ok     ok            not-allowed  missing  missing    no-guests  sign-in  ok         suspended
    see report             ok     ok            ok           missing  missing    no-guests  sign-in  ok         suspended
    """  # noqa: E501 - a table
)


def prepare_polls(team: Team, workspace: Workspace) -> dict[str, Poll]:
    """A poll of each kind that the table names."""
    polls = {
        kind: make_team_poll(
            team.owner,
            workspace,
            is_published=kind != "draft",
            results_visibility={
                "team-results": ResultsVisibility.OWNER,
                "later-results": ResultsVisibility.AFTER_CLOSE,
            }.get(kind, ResultsVisibility.ALWAYS),
        )
        for kind in ("poll", "team-results", "later-results", "draft", "hidden-poll")
    }
    hide_poll(actor=actor_of(team.staff), poll_id=polls["hidden-poll"].id, reason="spam")
    return polls


class Site:
    """What the rows of the table are about."""

    def __init__(self, team: Team, client_for: ClientFor) -> None:
        self.team = team
        project = found_project(team)
        self.workspaces = {
            "workspace": open_workspace(project),
            "archived": open_workspace(project, "Old"),
        }
        update_workspace(
            actor=actor_of(team.owner),
            workspace_id=self.workspaces["archived"].id,
            is_archived=True,
        )
        self.project_id = str(project.id)
        self.polls = prepare_polls(team, self.workspaces["workspace"])
        self.clients = {name: client_for(user) for name, user in team.people.items()}
        self.uploads = {
            name: upload(user, b"zip")
            for name, user in team.people.items()
            if user is not None and not user.is_guest
        }
        owner = self.clients["owner"]
        self.jobs = {
            kind: owner.post("/api/jobs", self.body(kind, "workspace", "owner")).json()["job"]["id"]
            for kind in ("report", "export")
        }
        run_due()
        User.objects.filter(id=team.suspended.id).update(is_active=False)

    def body(self, what: str, on: str, person: str) -> dict[str, Any]:
        """The job that a row creates."""
        if what == "report" and on in self.workspaces:
            payload = {"format": "json", "workspaceId": str(self.workspaces[on].id)}
            return {"type": "report", "payload": payload}
        if what == "report":
            return {
                "type": "report",
                "payload": {"format": "json", "pollId": str(self.polls[on].id)},
            }
        if what == "export":
            payload = {"action": "export_workspace", "workspaceId": str(self.workspaces[on].id)}
            return {"type": "data_processing", "payload": payload}
        whose = "owner" if on == "upload" else person
        upload_id = self.uploads.get(whose, self.uploads["owner"])
        payload = {
            "action": "import_workspace",
            "uploadId": upload_id,
            "projectId": self.project_id,
        }
        return {"type": "data_processing", "payload": payload}

    def call(self, row: str, person: str) -> str:
        what, on = row.split()
        client: APIClient = self.clients[person]
        if what in {"file", "see"}:
            suffix = "/result" if what == "file" else ""
            response = client.get(f"/api/jobs/{self.jobs[on]}{suffix}")
        else:
            response = client.post("/api/jobs", self.body(what, on, person))
        is_file = response.streaming or response.status_code < 400
        code = None if is_file else response.json()["code"]
        return WORDS[response.status_code, code]


def test_everybody_gets_what_the_table_says(team: Team, client_for: ClientFor) -> None:
    site = Site(team, client_for)
    found = {row: {person: site.call(row, person) for person in team.people} for row in TABLE}
    assert found == TABLE


def test_jobs_of_a_workspace_belong_to_its_project(team: Team, client_for: ClientFor) -> None:
    site = Site(team, client_for)
    assert {str(job.project_id) for job in Job.objects.all()} == {site.project_id}
    other = create_project(actor=actor_of(team.owner), name="Elsewhere")
    body = site.body("report", "workspace", "owner")
    response = site.clients["owner"].post("/api/jobs", body | {"projectId": str(other.id)})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "projectId"
    response = site.clients["owner"].post("/api/jobs", body | {"projectId": site.project_id})
    assert response.status_code == 202


def test_rights_are_checked_again_when_the_job_runs(team: Team, client_for: ClientFor) -> None:
    site = Site(team, client_for)
    client = site.clients["collaborator"]
    ids = [
        client.post("/api/jobs", site.body(what, on, "collaborator")).json()["job"]["id"]
        for what, on in (("report", "workspace"), ("export", "workspace"), ("import", "project"))
    ]
    change_role(
        actor=actor_of(team.owner),
        project_id=site.workspaces["workspace"].project_id,
        user_id=team.collaborator.id,
        role=Role.VIEWER,
    )
    run_due()
    for job in Job.objects.filter(id__in=ids):
        assert (job.state, job.error_code) == ("failed", "project.not_allowed")
