"""Links, files and Python names in the documentation exist."""

import re
from collections import Counter
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.processes import ROOT

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "bench" / "README.md",
]
PACKAGES = (
    "polling_site|web|digests|webhooks|reports|votes|chat|polls|workspaces|accounts|jobs|sandbox"
    "|realtime|apikit"
)
NAME = re.compile(rf"(?:{PACKAGES})(?:\.\w+)+")
PATH = re.compile(rf"(?:{PACKAGES}|bench|tests|tools|docs|deploy)/[\w./-]*")
LONG_LINE_CHARS = 80
SCRIPT = re.compile(r"\w+\.js")
LINK = re.compile(r"(?:\]\(|src=\")([^)#\"]+)")
SCRIPTS = {path.name for path in (ROOT / "web" / "static").rglob("*.js")}


def title(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_spans(page: Path) -> list[str]:
    """The inline code of a page; code blocks are left out."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def diagrams(page: Path) -> str:
    return "\n".join(re.findall(r"```mermaid\n(.*?)```", page.read_text(), re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_links_lead_to_files(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_no_long_line_is_repeated(page: Path) -> None:
    """Merging two branches can keep a paragraph or a row of a table twice."""
    lines = Counter(line for line in page.read_text().splitlines() if len(line) > LONG_LINE_CHARS)
    assert [line for line, count in lines.items() if count > 1] == []


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_paths_exist(page: Path) -> None:
    paths = [path for path in code_spans(page) if PATH.fullmatch(path)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_python_names_resolve(page: Path) -> None:
    names = [name for name in code_spans(page) if NAME.fullmatch(name)]
    for name in {*names, *NAME.findall(diagrams(page))}:
        resolve_name(name)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_scripts_exist(page: Path) -> None:
    scripts = [name for name in code_spans(page) if SCRIPT.fullmatch(name)]
    assert {*scripts, *SCRIPT.findall(diagrams(page))} <= SCRIPTS
