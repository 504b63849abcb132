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

from playwright.async_api import Browser, Page

from tests.browser.browsing import DEVICES, Device, Scheme, running_chromium, visiting
from tests.browser.site import Account, running_site
from tools.screenshot_demo import (
    Demo,
    manage_page,
    newcomer,
    of_a_poll,
    of_a_team_poll,
    of_a_workspace,
    of_the_project,
    prepare,
    present_page,
    presenter,
    viewer,
    vote_page,
)
from tools.screenshot_steps import (
    be_live,
    cast_offline,
    cast_vote,
    choose_dates,
    choose_two,
    create_webhook,
    edit_together,
    forget_vote,
    open_discussion,
    open_share_dialog,
    open_switcher,
    send_empty_form,
    test_webhook,
)

FOLDER = Path(__file__).resolve().parent.parent / "var" / "screenshots"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


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
