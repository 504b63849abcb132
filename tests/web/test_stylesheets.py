"""Rules that every stylesheet keeps."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
SHEETS = [STYLES / "app.css", *sorted((STYLES / "css").glob("*.css"))]

pytestmark = pytest.mark.once


def rules_of(css: str) -> list[tuple[list[str], str]]:
    """Selectors and at-rules in order, each with what encloses it."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    enclosing: list[str] = []
    rules = []
    for before, brace in re.findall(r"([^{}]*)([{}])", css):
        if brace == "}":
            enclosing.pop()
            continue
        prelude = before.rpartition(";")[2].strip()
        rules.append((list(enclosing), prelude))
        enclosing.append(prelude)
    return rules


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_hover_styles_are_for_pointers_that_hover(sheet: Path) -> None:
    # A tap leaves :hover behind until the next one.
    for enclosing, prelude in rules_of(sheet.read_text()):
        assert ":hover" not in prelude or "@media (hover: hover)" in enclosing, prelude


@pytest.mark.parametrize(("sheet", "selector"), [("manage", ".share-qr"), ("present", ".stage-qr")])
def test_qr_codes_keep_their_colours(sheet: str, selector: str) -> None:
    css = (STYLES / "css" / f"{sheet}.css").read_text()
    rule = re.search(rf"^{re.escape(selector)} \{{(.*?)\}}", css, re.DOTALL | re.MULTILINE)
    assert rule is not None
    assert "forced-color-adjust: none" in rule[1]
