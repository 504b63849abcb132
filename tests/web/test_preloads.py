"""Pages preload exactly the modules that their scripts import."""

import re
from pathlib import Path

import pytest

from polls.models import Poll, PollKind
from web.kinds.registry import modules_of, pages_of

WEB = Path(__file__).resolve().parents[2] / "web"
TEMPLATES = WEB / "templates" / "web"
SCRIPTS = WEB / "static" / "web" / "js"
# Templates with modules to preload, and the page's script, which is loaded as it is.
PAGES = {
    "vote": ("parts/vote_modules.html", ["vote.js", "embed.js", "card_ballot.js"]),
    "present": ("parts/present_modules.html", ["present.js"]),
}
MODULE = r'<link rel="modulepreload" href="{% static "web/js/([^"]+)" %}">'
# Loaded by the page itself, before its script.
LOADED_ELSEWHERE = {"start.js", "token_voter.js"}


def imports_of(script: str) -> set[str]:
    """All modules that ``script`` imports, directly or not, as paths below ``js/``."""
    found: set[str] = set()
    waiting = [script]
    while waiting:
        path = SCRIPTS / waiting.pop()
        for target in re.findall(
            r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', path.read_text(), re.MULTILINE
        ):
            name = str((path.parent / target).resolve().relative_to(SCRIPTS))
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


@pytest.mark.parametrize("kind", PollKind.values)
def test_a_kind_preloads_what_its_scripts_import(kind: str) -> None:
    pages = pages_of(Poll(kind=kind))
    if pages is None:
        return
    for template, surface in (
        ("parts/vote_modules.html", "vote"),
        ("parts/present_modules.html", "stage"),
    ):
        preloaded = set(modules_of(pages, surface))
        links = set(re.findall(MODULE, (TEMPLATES / template).read_text()))
        own = [name for name in preloaded if name.startswith(f"kinds/{kind}_")]
        imported = set().union(*(imports_of(name) for name in own))
        assert imported | set(own) <= preloaded | links
        assert preloaded - set(own) <= imported


@pytest.mark.parametrize("page", PAGES)
def test_a_page_preloads_what_its_scripts_import(page: str) -> None:
    template, scripts = PAGES[page]
    links = re.findall(
        MODULE,
        (TEMPLATES / template).read_text(),
    )
    assert len(links) == len(set(links))
    imported = set().union(*(imports_of(script) for script in scripts))
    assert set(links) == imported - LOADED_ELSEWHERE
