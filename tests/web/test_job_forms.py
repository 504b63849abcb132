"""Forms that start jobs, without JavaScript."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from accounts.models import User
from jobs.models import Job, JobState
from polls.models import Poll
from tests.conftest import MakePoll
from tests.jobs.conftest import run_due
from tests.web.conftest import BrowserOf
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import Team, found_project, open_workspace
from workspaces.models import Member, Workspace

pytestmark = pytest.mark.django_db

REPORT = {"format": "csv", "language": "de", "time_zone": "Europe/Berlin"}


def test_a_report_on_a_poll_is_requested_and_downloaded(
    alice: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll, browser = make_poll(), browser_of(alice)
    assert f"/manage/{poll.id}/report" in browser.get(f"/manage/{poll.id}").content.decode()
    form = browser.get(f"/manage/{poll.id}/report").content.decode()
    assert poll.question in form
    assert 'value="Africa/Abidjan"' in form
    response = browser.post(f"/manage/{poll.id}/report", REPORT, follow=True)
    assert "Started. You can leave this page." in response.content.decode()
    [job] = Job.objects.all()
    assert job.payload == {
        "format": "csv",
        "pollId": str(poll.id),
        "workspaceId": None,
        "language": "de",
        "timeZone": "Europe/Berlin",
    }
    run_due()
    html = browser.get(f"/manage/jobs/{job.id}").content.decode()
    assert re.search(r"<bdi>CSV</bdi>", html)
    assert b"".join(browser.get(f"/manage/jobs/{job.id}/result"))


def test_a_report_on_a_workspace_belongs_to_its_project(team: Team, browser_of: BrowserOf) -> None:
    project = found_project(team)
    workspace = open_workspace(project)
    make_team_poll(team.owner, workspace)
    path = f"/manage/workspaces/{workspace.id}/report"
    browser = browser_of(team.collaborator)
    assert path in browser.get(f"/manage/workspaces/{workspace.id}").content.decode()
    assert browser.post(path, REPORT).status_code == 302
    [job] = Job.objects.all()
    run_due()
    job.refresh_from_db()
    assert (job.project_id, job.state) == (project.id, JobState.SUCCEEDED)
    # Viewers see the job, but may not have the file.
    viewer = browser_of(team.viewer)
    assert path not in viewer.get(f"/manage/workspaces/{workspace.id}").content.decode()
    assert "Only members who may export" in viewer.get(f"/manage/jobs/{job.id}").content.decode()
    assert viewer.get(f"/manage/jobs/{job.id}/result").status_code == 403
    listed = viewer.get(f"/manage/projects/{project.id}/jobs").content.decode()
    assert workspace.name in listed


def test_an_archive_is_exported_checked_and_imported(team: Team, browser_of: BrowserOf) -> None:
    project = found_project(team)
    workspace = open_workspace(project, "Evenings")
    make_team_poll(team.owner, workspace)
    browser = browser_of(team.collaborator)
    export = f"/manage/workspaces/{workspace.id}/archive-file"
    browser.post(export, {"pictures": "no"})
    exported = browser.post(export).headers["Location"]
    jobs = Job.objects.order_by("id")
    assert [job.payload.get("pictures") for job in jobs] == [False, True]
    run_due()
    archive = SimpleUploadedFile("evenings.zip", b"".join(browser.get(f"{exported}/result")))
    path = f"/manage/projects/{project.id}/import-workspace"
    assert path in browser.get(f"/manage/projects/{project.id}").content.decode()
    checked = browser.post(path, {"file": archive}).headers["Location"]
    run_due()
    html = browser.get(checked).content.decode()
    assert "The archive is complete: “Evenings” with 1 poll and 0 ballots." in html
    assert Workspace.objects.count() == 1
    # Viewers see the check, and cannot import.
    viewer = browser_of(team.viewer)
    assert "Import now" not in viewer.get(checked).content.decode()
    assert viewer.post(f"{checked}/import").status_code == 403
    assert "Import now" in html
    imported = browser.post(f"{checked}/import").headers["Location"]
    run_due()
    html = browser.get(imported).content.decode()
    assert "“Evenings” was imported, with 1 poll and 0 ballots." in html
    [copy] = Workspace.objects.exclude(id=workspace.id)
    assert f"/manage/workspaces/{copy.id}" in html
    # What is not a dry run leads to no further import.
    assert browser.post(f"{imported}/import").status_code == 404
    assert browser.post(f"{exported}/import").status_code == 404


def test_a_file_must_be_chosen_and_an_archive(team: Team, browser_of: BrowserOf) -> None:
    project = found_project(team)
    path = f"/manage/projects/{project.id}/import-workspace"
    browser = browser_of(team.owner)
    assert "Choose a file." in browser.post(path).content.decode()
    empty = SimpleUploadedFile("empty.zip", b"")
    assert "This file is empty." in browser.post(path, {"file": empty}).content.decode()
    assert not Job.objects.exists()
    wrong = SimpleUploadedFile("wrong.zip", b"no archive")
    checked = browser.post(path, {"file": wrong}).headers["Location"]
    run_due()
    html = browser.get(checked).content.decode()
    assert "field-error" in html
    assert "Import now" not in html


CSV = "question,option,option\n{question},Tea,Coffee\n"


def test_polls_are_checked_and_imported(team: Team, browser_of: BrowserOf) -> None:
    project = found_project(team)
    workspace = open_workspace(project)
    browser = browser_of(team.collaborator)
    path = f"/manage/workspaces/{workspace.id}/import"
    assert path in browser.get(f"/manage/workspaces/{workspace.id}").content.decode()

    def check(text: str) -> tuple[str, str]:
        file = SimpleUploadedFile("polls.csv", text.encode())
        page = browser.post(path, {"file": file}).headers["Location"]
        run_due()
        return page, browser.get(page).content.decode()

    page, html = check(CSV.format(question="") + "More?,Yes,No\n")
    assert "The file has 1 problem." in html
    assert re.search(r'<td dir="auto">2</td>\s*<td dir="auto">question</td>', html)
    assert "Import now" not in html
    assert browser.post(f"{page}/import").status_code == 302
    assert Job.objects.count() == 1
    page, html = check(CSV.format(question="Which?"))
    assert "The file has no problems. It contains 1 poll." in html
    imported = browser.post(f"{page}/import").headers["Location"]
    run_due()
    assert "1 poll was created." in browser.get(imported).content.decode()
    [poll] = Poll.objects.filter(workspace=workspace)
    assert poll.question == "Which?"
    # Members of the project see the job.
    assert browser_of(team.viewer).get(imported).status_code == 200


def test_members_are_checked_and_imported(team: Team, browser_of: BrowserOf) -> None:
    project, browser = found_project(team), browser_of(team.owner)
    path = f"/manage/projects/{project.id}/import-members"
    assert path in browser.get(f"/manage/projects/{project.id}/members").content.decode()
    roster = f"email\n{team.viewer.email}\n{team.other.email}\nnew@example.org\n"
    fields = {"file": SimpleUploadedFile("roster.csv", roster.encode()), "role": "viewer"}
    checked = browser.post(path, fields).headers["Location"]
    run_due()
    html = browser.get(checked).content.decode()
    assert "New people: 2. Members already: 1. Invited already: 0." in html
    # Who is on the list is for those who have sent it.
    assert browser_of(team.collaborator).get(checked).status_code == 404
    imported = browser.post(f"{checked}/import").headers["Location"]
    run_due()
    assert "Added: 1. Invited: 1." in browser.get(imported).content.decode()
    assert Member.objects.filter(project=project, user=team.other, role="viewer").exists()


def test_own_polls_are_imported_by_accounts_only(
    alice: User, guest: User, browser_of: BrowserOf
) -> None:
    file = SimpleUploadedFile("polls.csv", CSV.format(question="Mine?").encode())
    page = browser_of(alice).post("/manage/import", {"file": file}).headers["Location"]
    run_due()
    assert "It contains 1 poll." in browser_of(alice).get(page).content.decode()
    assert browser_of(guest).get("/manage/import").status_code == 403
    assert browser_of(guest).post("/manage/import").status_code == 403
    assert browser_of(None).get("/manage/import").status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"format": "docx"}, {"language": "fr"}, {"time_zone": "../etc/passwd"}]
)
def test_a_report_that_cannot_be_written_is_refused_in_the_form(
    alice: User, browser_of: BrowserOf, make_poll: MakePoll, wrong: dict[str, str]
) -> None:
    response = browser_of(alice).post(f"/manage/{make_poll().id}/report", REPORT | wrong)
    assert "field-error" in response.content.decode()
    assert not Job.objects.exists()


def test_too_many_jobs_are_refused_in_the_form(
    alice: User, browser_of: BrowserOf, make_poll: MakePoll, settings: Settings
) -> None:
    settings.JOBS_QUEUED_PER_OWNER = 1
    browser, path = browser_of(alice), f"/manage/{make_poll().id}/report"
    browser.post(path, REPORT)
    html = browser.post(path, REPORT).content.decode()
    assert "Too many of your jobs are waiting. Try again later." in html
    assert Job.objects.count() == 1
