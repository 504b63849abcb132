"""The pages of jobs, without JavaScript."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from jobs import states
from jobs.errors import JobTimedOutError
from jobs.models import Job, JobState
from jobs.results import FileResult
from tests.conftest import MakePoll, actor_of
from tests.jobs.conftest import (  # noqa: F401 - fixtures
    MakeTask,
    enqueue_probe,
    make_task,
    returns,
    run_due,
    take,
)
from tests.web.conftest import BrowserOf
from tests.workspaces.rows import add_row, make_project
from workspaces.models import Project
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _probe(make_task: MakeTask) -> None:  # noqa: F811
    make_task(returns())


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    return make_project((alice, Role.OWNER), (bob, Role.VIEWER))


def page_of(browser: Any, path: str, status: int = 200) -> str:
    response = browser.get(f"/manage/{path}")
    assert response.status_code == status, path
    return re.sub(r"\s+", " ", response.content.decode())


def finish(job: Job, result: Any = None) -> Job:
    taken = take(job, "worker")
    assert taken is not None
    states.succeed(job.id, "worker", result)
    return Job.objects.get(id=job.id)


def test_the_list_shows_each_state_in_words(alice: User, browser_of: BrowserOf) -> None:
    waiting, running, failed = (enqueue_probe(alice) for _ in range(3))
    assert take(failed, "worker") is not None
    states.fail(failed.id, "worker", JobTimedOutError())
    assert take(running, "worker") is not None
    states.show_progress(running.id, "worker", 40, "Counting votes")
    browser = browser_of(alice)
    html = page_of(browser, "jobs")
    assert re.findall(r'data-job="(\S+)"', html) == [
        str(each.id) for each in (failed, running, waiting)
    ]
    assert re.findall(r"data-state-name>(\w+)<", html) == ["Failed", "Running", "Waiting"]
    assert 'value="40"' in html
    assert "Counting votes" in html
    assert "The job took too long and was stopped." in html
    only_failed = page_of(browser, "jobs?state=failed")
    assert re.findall(r'data-job="(\S+)"', only_failed) == [str(failed.id)]
    assert "No job is in this state." in page_of(browser, "jobs?state=cancelled")
    assert len(re.findall(r'data-job="', page_of(browser, "jobs?state=nonsense"))) == 3


def test_the_list_has_pages_and_an_empty_state(alice: User, browser_of: BrowserOf) -> None:
    browser = browser_of(alice)
    assert "No jobs yet" in page_of(browser, "jobs")
    jobs = [enqueue_probe(alice) for _ in range(21)]
    first, second = page_of(browser, "jobs"), page_of(browser, "jobs?page=2")
    assert len(re.findall('data-job="', first)) == 20
    assert re.findall(r'data-job="(\S+)"', second) == [str(jobs[0].id)]
    # The script adds new jobs to the first page only.
    assert "data-is-newest" in first
    assert "data-is-newest" not in second


def test_a_job_is_cancelled_retried_and_deleted(alice: User, browser_of: BrowserOf) -> None:
    browser, job = browser_of(alice), enqueue_probe(alice)
    page = f"/manage/jobs/{job.id}"
    for action, state, sentence in (
        ("cancel", JobState.CANCELLED, "Job cancelled."),
        ("retry", JobState.QUEUED, "The job is waiting to run again."),
    ):
        response = browser.post(f"{page}/{action}", {"next": page}, follow=True)
        assert response.redirect_chain == [(page, 302)]
        assert sentence in response.content.decode()
        job.refresh_from_db()
        assert job.state == state
    refused = browser.post(f"{page}/delete", follow=True).content.decode()
    assert "This job hasn’t finished yet." in refused
    states.cancel(job.id)
    response = browser.post(f"{page}/delete", {"next": page}, follow=True)
    assert response.redirect_chain == [("/manage/jobs", 302)]
    assert not Job.objects.exists()
    assert browser.post(f"/manage/jobs/{uuid4()}/retry").status_code == 404


def test_an_action_leads_to_no_other_site(alice: User, browser_of: BrowserOf) -> None:
    job = enqueue_probe(alice)
    target = {"next": "https://evil.example/"}
    response = browser_of(alice).post(f"/manage/jobs/{job.id}/cancel", target)
    assert response.headers["Location"] == "/manage/jobs"


def test_a_file_is_downloaded(
    alice: User,
    browser_of: BrowserOf,
    make_task: MakeTask,  # noqa: F811
) -> None:
    make_task(returns(FileResult("täglich.csv", "text/csv", io.BytesIO(b"1,2"))))
    job = enqueue_probe(alice)
    browser = browser_of(alice)
    assert browser.get(f"/manage/jobs/{job.id}/result").status_code == 409
    run_due()
    assert "täglich.csv" in page_of(browser, f"jobs/{job.id}")
    response = browser.get(f"/manage/jobs/{job.id}/result", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Length"] == "3"
    assert b"".join(response) == b"1,2"
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_recount_is_started_and_shown(
    alice: User, browser_of: BrowserOf, make_poll: MakePoll
) -> None:
    poll = make_poll()
    browser = browser_of(alice)
    response = browser.post(f"/manage/{poll.id}/recount", follow=True)
    assert poll.question in response.content.decode()
    run_due()
    html = page_of(browser, response.redirect_chain[-1][0].removeprefix("/manage/"))
    assert "The results are correct. 0 people have voted." in html
    wrong = {
        "pollId": str(poll.id),
        "isCorrect": False,
        "ballotCount": 1,
        "mismatches": [{"pollId": str(poll.id), "optionId": None, "kept": 7, "counted": 1}],
    }
    Job.objects.update(result=wrong)
    html = page_of(browser, response.redirect_chain[-1][0].removeprefix("/manage/"))
    assert "were wrong and have been corrected. 1 person has voted." in html
    assert re.search(r"<td[^>]*>Voters</td><td[^>]*>7</td><td[^>]*>1</td>", html)


def test_the_output_of_a_program_is_shown_as_text(
    alice: User,
    browser_of: BrowserOf,
    make_task: MakeTask,  # noqa: F811
) -> None:
    make_task(returns(), name="code_execution")
    job = enqueue_probe(alice)
    Job.objects.update(type="code_execution")
    job.refresh_from_db()
    error = {"name": "TypeError", "message": "<b>no</b>"}
    finish(job, {"stdout": "Hello\n", "stderr": "", "value": [1], "error": error})
    html = page_of(browser_of(alice), f"jobs/{job.id}")
    assert "The program ended with an error." in html
    assert "&lt;b&gt;no&lt;/b&gt;" in html
    assert html.count("<pre") == 3


def test_who_sees_which_job(
    alice: User,
    bob: User,
    charlie: User,
    guest: User,
    project: Project,
    browser_of: BrowserOf,
) -> None:
    own, of_project = enqueue_probe(alice), enqueue_probe(alice, project_id=project.id)
    paths = [f"jobs/{own.id}", f"jobs/{of_project.id}", f"projects/{project.id}/jobs"]
    outcomes = {
        "owner": [200, 200, 200],
        "viewer": [404, 200, 200],
        "stranger": [404, 404, 404],
        "guest": [302, 302, 302],
        "visitor": [302, 302, 302],
    }
    people = {"owner": alice, "viewer": bob, "stranger": charlie, "guest": guest, "visitor": None}
    for name, person in people.items():
        browser = browser_of(person)
        found = [browser.get(f"/manage/{path}").status_code for path in paths]
        assert (name, found) == (name, outcomes[name])
    assert browser_of(guest).get("/manage/jobs").status_code == 403
    for name, status in (("bob", 403), ("charlie", 404), ("alice", 302)):
        person = {"bob": bob, "charlie": charlie, "alice": alice}[name]
        response = browser_of(person).post(f"/manage/jobs/{of_project.id}/cancel")
        assert (name, response.status_code) == (name, status)
    # A viewer is offered no actions, a collaborator is.
    assert "/retry" not in page_of(browser_of(bob), f"projects/{project.id}/jobs")
    add_row(project, charlie, Role.COLLABORATOR)
    assert "/retry" in page_of(browser_of(charlie), f"projects/{project.id}/jobs")


def test_the_subject_is_shown_only_to_those_who_may_see_it(
    alice: User, browser_of: BrowserOf, make_poll: MakePoll, bob: User
) -> None:
    poll = make_poll(actor=actor_of(bob), question="Whose secret?", is_published=False)
    job = enqueue_probe(alice)
    Job.objects.filter(id=job.id).update(payload={"pollId": str(poll.id)})
    assert "Whose secret?" not in page_of(browser_of(alice), "jobs")
    Job.objects.filter(id=job.id).update(owner=bob)
    assert "Whose secret?" in page_of(browser_of(bob), "jobs")
