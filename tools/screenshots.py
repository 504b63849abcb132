"""``make screenshots``: takes a screenshot of every page, on every device, in light and dark.

Saved as ``var/screenshots/<page>-<device>-<scheme>.png``. ``PAGES`` lists the pages; arguments
select those whose names contain one of them, and ``--language=ar`` selects another language.
"""

import argparse
import asyncio
import itertools
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.browser.browsing import DEVICES, Device, Scheme, running_chromium, visiting
from tests.browser.site import Account, Site, running_site

FOLDER = Path(__file__).resolve().parent.parent / "var" / "screenshots"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

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


async def nothing(page: Page) -> None:
    """Leaves the page as it is."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to capture: its path, the account that opens it, and actions before and after."""

    name: str
    path: str | Callable[[Demo], str]
    who: Callable[[Demo], Account] | None = None
    first: Callable[[Page], Awaitable[None]] = nothing
    last: Callable[[Page], Awaitable[None]] = nothing


def presenter(demo: Demo) -> Account:
    return demo.site.presenter


def viewer(demo: Demo) -> Account:
    return demo.site.viewer


def newcomer(demo: Demo) -> Account:
    return demo.newcomer


async def send_empty_form(page: Page) -> None:
    await page.locator("main form button:not([type=button])").first.click()
    await page.wait_for_load_state()


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


async def open_switcher(page: Page) -> None:
    await page.locator(".places-menu summary").click()


async def edit_together(page: Page) -> None:
    """Sends the form after somebody else has saved it, in another tab of the same browser."""
    other = await page.context.new_page()
    await other.goto(page.url)
    await page.get_by_role("textbox").first.fill("What should next year’s budget go to?")
    await other.locator("[name=allow_change]").click()
    await other.locator(".maker-foot button[value=save]").click()
    await other.wait_for_load_state()
    await other.close()
    await page.locator(".maker-foot button[value=save]").click()
    await page.wait_for_load_state()


async def open_share_dialog(page: Page) -> None:
    await page.locator("[data-dialog=share]").click()


def vote_page(words: str) -> Callable[[Demo], str]:
    """Returns the path of the voting page of the poll that contains ``words``."""
    return lambda demo: f"/p/{demo.poll(words)['joinCode']}"


def present_page(words: str, query: str = "") -> Callable[[Demo], str]:
    """Returns the path of the presenter page of the poll that contains ``words``."""
    return lambda demo: f"/present/{demo.poll(words)['id']}{query}"


def manage_page(words: str) -> Callable[[Demo], str]:
    """Returns the path of the page of results of the poll that contains ``words``."""
    return lambda demo: f"/manage/{demo.poll(words)['id']}"


async def be_live(page: Page) -> None:
    await page.locator("#connection[data-state=live]").wait_for()


async def choose_two(page: Page) -> None:
    for position in (0, 2):
        await page.locator(".choice").nth(position).click()


async def cast_vote(page: Page) -> None:
    await page.locator(".choice").nth(1).click()
    await page.locator("#cast").click()
    await page.locator("#counted").wait_for()
    # Wait for the numbers to include this vote.
    await page.wait_for_timeout(500)


async def cast_offline(page: Page) -> None:
    await be_live(page)
    await page.context.set_offline(True)
    await page.locator(".choice").nth(1).click()
    await page.locator("#cast").click()
    await page.locator("#kept").wait_for()


async def open_discussion(page: Page) -> None:
    await be_live(page)
    await page.locator("#discussion-toggle").click()
    await page.locator(".composer textarea").fill("Shall we begin? See https://example.org/agenda.")
    await page.keyboard.press("Enter")
    await page.locator(".message[data-message]").last.wait_for()


async def forget_vote(page: Page) -> None:
    await page.evaluate("localStorage.clear()")
    await page.close()
    await page.context.set_offline(False)


async def create_webhook(page: Page) -> None:
    await page.locator("[name=url]").fill("https://hooks.example.org/tallyroom")
    for event in ("poll.opened", "poll.closed", "tally.changed"):
        await page.locator(f"[value='{event}']").check()
    await page.locator("main form button").first.click()
    await page.locator("#secret").wait_for()


async def test_webhook(page: Page) -> None:
    await page.locator(".project-name a").first.click()
    await page.locator("form[action$='/test'] button").click()
    await page.locator(".webhook-deliveries").wait_for()


async def choose_dates(page: Page) -> None:
    await page.locator("[name=kind][value=dates]").check(force=True)


# Words of the question of the demo's poll of each kind.
KINDS = {
    "rating": "rate our office",
    "ranking": "language",
    "points": "innovation budget",
    "numeric": "stand-up",
    "word_cloud": "our team",
    "open_text": "better next time",
    "hotspot": "best ideas",
    "dates": "retrospective",
    "questions": "ask the board",
}
KIND_PAGES = [
    shot
    for kind, words in KINDS.items()
    for shot in (
        Shot(f"vote-{kind}", vote_page(words), first=be_live),
        Shot(f"present-{kind}", present_page(words), presenter),
        Shot(f"manage-poll-{kind}", manage_page(words), presenter),
    )
]

# Add a line for each new page.
PAGES = [
    Shot("home", "/"),
    Shot("home-presenter", "/", presenter),
    Shot("home-newcomer", "/", newcomer),
    Shot("home-wrong-code", "/?code=000000"),
    Shot("sign-in", "/sign-in"),
    Shot("sign-in-errors", "/sign-in", first=send_empty_form),
    Shot("register", "/register"),
    Shot("register-errors", "/register", first=send_empty_form),
    Shot("reset", "/reset"),
    Shot("reset-sent", "/reset/sent"),
    Shot("reset-token", "/reset?token=one"),
    Shot("account", "/account", presenter),
    Shot("manage", "/manage", presenter),
    Shot("manage-empty", "/manage", newcomer),
    Shot("manage-nothing-found", "/manage?search=xyzzy", presenter),
    Shot("manage-new", "/manage/new", presenter),
    Shot("manage-poll", of_a_poll(), presenter),
    Shot("manage-share", of_a_poll(), presenter, first=open_share_dialog),
    Shot("manage-edit", of_a_poll("/edit"), presenter),
    Shot("manage-delete", of_a_poll("/delete"), presenter),
    Shot("projects", "/manage/projects", presenter),
    Shot("projects-empty", "/manage/projects", newcomer),
    Shot("project-new", "/manage/projects/new", presenter),
    Shot("project", of_the_project(), presenter),
    Shot("project-viewer", of_the_project(), viewer),
    Shot("project-polls", of_the_project("/polls"), presenter),
    Shot("project-members", of_the_project("/members"), presenter),
    Shot("project-activity", of_the_project("/activity"), presenter),
    Shot("project-settings", of_the_project("/settings"), presenter),
    Shot("project-delete", of_the_project("/delete"), presenter),
    Shot("workspace", of_a_workspace(), presenter, first=open_switcher),
    Shot("workspace-viewer", of_a_workspace(), viewer),
    Shot("workspace-settings", of_a_workspace("/settings"), presenter),
    Shot("manage-poll-viewer", of_a_team_poll(), viewer),
    Shot("manage-compare", of_a_team_poll("/edit"), presenter, first=edit_together),
    Shot("jobs", "/manage/jobs", presenter),
    Shot("jobs-empty", "/manage/jobs", newcomer),
    Shot("job", lambda demo: f"/manage/jobs/{demo.job_id}", presenter),
    Shot("project-jobs", of_the_project("/jobs"), presenter),
    Shot("report-new", of_a_poll("/report"), presenter),
    Shot("rooms", "/manage/rooms", presenter),
    Shot("room-new", "/manage/rooms/new", presenter),
    Shot("webhooks-empty", "/manage/webhooks", newcomer),
    Shot("webhook-new", "/manage/webhooks/new", presenter),
    Shot("webhook-errors", "/manage/webhooks/new", presenter, first=send_empty_form),
    Shot("webhook-secret", "/manage/webhooks/new", presenter, first=create_webhook),
    Shot("webhook", "/manage/webhooks", presenter, first=test_webhook),
    Shot("webhooks", "/manage/webhooks", presenter),
    Shot("webhooks-project", of_the_project("/webhooks"), presenter),
    Shot("vote", vote_page("lunch"), first=be_live),
    Shot("vote-choosing", vote_page("next meeting"), first=choose_two),
    Shot("vote-counted", vote_page("lunch"), first=cast_vote),
    Shot("vote-hidden", vote_page("the pace"), first=be_live),
    Shot("vote-offline", vote_page("the pace"), first=cast_offline, last=forget_vote),
    Shot("vote-closed", vote_page("Tabs or spaces")),
    Shot("vote-discussion", vote_page("lunch"), first=open_discussion),
    Shot("present", present_page("lunch"), presenter),
    Shot("present-discussion", present_page("lunch"), presenter, first=open_discussion),
    Shot("present-hidden", present_page("Tabs or spaces", "?results=hidden"), presenter),
    Shot("present-closed", present_page("Tabs or spaces", "?results=shown"), presenter),
    Shot("embed-refused", lambda demo: f"/embed/{demo.poll('lunch')['id']}"),
    Shot("error-404", "/nowhere"),
    Shot("manage-new-dates", "/manage/new", presenter, first=choose_dates),
    *KIND_PAGES,
]


def main() -> int:
    options = read_arguments()
    chosen = [
        shot
        for shot in PAGES
        if not options.words or any(word in shot.name for word in options.words)
    ]
    if not options.words and not options.language:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, running_site(Path(directory)) as site:
        asyncio.run(take_all(prepare(site), chosen, options.language or "en"))
    print(f"{len(chosen) * len(DEVICES) * len(SCHEMES)} screenshots in {FOLDER}")
    return 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--language", default="")
    return parser.parse_args()


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


async def take_all(demo: Demo, shots: Sequence[Shot], language: str) -> None:
    async with running_chromium() as chromium:
        for device, scheme in itertools.product(DEVICES, SCHEMES):
            await take_with(chromium, demo, shots, device, scheme, language)


async def take_with(
    chromium: Browser,
    demo: Demo,
    shots: Sequence[Shot],
    device: Device,
    scheme: Scheme,
    language: str,
) -> None:
    """Takes all shots on one device; each account signs in once."""
    for who, own in itertools.groupby(sorted(shots, key=_who), key=lambda shot: shot.who):
        async with visiting(
            chromium,
            demo.site.url,
            device=device,
            scheme=scheme,
            locale=language,
            # Capture the final state of animations.
            reduced_motion="reduce",
        ) as visit:
            if who is not None:
                await visit.sign_in(who(demo))
            for shot in own:
                path = shot.path if isinstance(shot.path, str) else shot.path(demo)
                page = await visit.open(path)
                await shot.first(page)
                await take(page, f"{shot.name}-{device.name}-{scheme}", language)
                await shot.last(page)
                await page.close()


def _who(shot: Shot) -> str:
    return shot.who.__name__ if shot.who else ""


async def take(page: Page, name: str, language: str) -> None:
    suffix = "" if language == "en" else f"-{language}"
    await page.screenshot(path=FOLDER / f"{name}{suffix}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
