"""The demo site of the screenshots: its accounts, and the addresses of its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.site import Account, Site

Poll = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo site, and a new account without polls."""

    site: Site
    newcomer: Account
    polls: dict[str, Poll]
    project_id: str
    team_poll: Poll
    job_id: str

    def poll(self, words: str) -> Poll:
        """Returns the only demo poll whose question contains ``words``."""
        [poll] = [poll for question, poll in self.polls.items() if words in question]
        return poll


def presenter(demo: Demo) -> Account:
    return demo.site.presenter


def viewer(demo: Demo) -> Account:
    return demo.site.viewer


def newcomer(demo: Demo) -> Account:
    return demo.newcomer


def of_a_poll(page: str = "") -> Callable[[Demo], str]:
    """Returns the path of a management page of the newest poll with votes."""

    def path(demo: Demo) -> str:
        voted = [poll for poll in demo.polls.values() if poll["totalVotes"]]
        return f"/manage/{voted[0]['id']}{page}"

    return path


def of_the_project(page: str = "") -> Callable[[Demo], str]:
    """Returns the path of a page of the demo's project."""
    return lambda demo: f"/manage/projects/{demo.project_id}{page}"


def of_a_workspace(page: str = "") -> Callable[[Demo], str]:
    """Returns the path of a page of one of its workspaces."""
    return lambda demo: f"/manage/workspaces/{demo.team_poll['workspaceId']}{page}"


def of_a_team_poll(page: str = "") -> Callable[[Demo], str]:
    """Returns the path of a page of a poll of the team."""
    return lambda demo: f"/manage/{demo.team_poll['id']}{page}"


def vote_page(words: str) -> Callable[[Demo], str]:
    """Returns the path of the voting page of the poll that contains ``words``."""
    return lambda demo: f"/p/{demo.poll(words)['joinCode']}"


def present_page(words: str, query: str = "") -> Callable[[Demo], str]:
    """Returns the path of the presenter page of the poll that contains ``words``."""
    return lambda demo: f"/present/{demo.poll(words)['id']}{query}"


def manage_page(words: str) -> Callable[[Demo], str]:
    """Returns the path of the page of results of the poll that contains ``words``."""
    return lambda demo: f"/manage/{demo.poll(words)['id']}"


def prepare(site: Site) -> Demo:
    with site.api(site.presenter) as api:
        me = api.get("/auth/me").json()["user"]["id"]
        polls = api.get("/polls", params={"creator": me, "limit": 100}).json()["polls"]
        [project] = api.get("/projects").json()["projects"]
    [team_poll] = [poll for poll in polls if "budget for" in poll["question"]]
    own = {poll["question"]: poll for poll in polls if not poll["workspaceId"]}
    job_id = start_jobs(site, own, team_poll)
    return Demo(site, site.register("Nora"), own, project["id"], team_poll, job_id)


def start_jobs(site: Site, polls: dict[str, Poll], team_poll: Poll) -> str:
    """Starts jobs of the presenter; returns the id of a recount."""
    with site.api(site.presenter) as api:
        recounts = [
            {"type": "data_processing", "payload": {"action": "recount", "pollId": poll["id"]}}
            for poll in list(polls.values())[:2]
        ]
        report = {"format": "pdf", "workspaceId": team_poll["workspaceId"]}
        bodies = [*recounts, {"type": "report", "payload": report}]
        jobs = [api.post("/jobs", json=body).raise_for_status().json()["job"] for body in bodies]
    return str(jobs[0]["id"])
