"""Rules that every stylesheet keeps."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
STYLESHEETS = [STYLES / "app.css", *sorted((STYLES / "css").rglob("*.css"))]


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


@pytest.mark.parametrize("stylesheet", STYLESHEETS, ids=lambda each: each.name)
def test_hover_styles_are_for_pointers_that_hover(stylesheet: Path) -> None:
    # A tap leaves :hover behind until the next one.
    for enclosing, prelude in rules_of(stylesheet.read_text()):
        assert ":hover" not in prelude or "@media (hover: hover)" in enclosing, prelude


@pytest.mark.parametrize(
    ("stylesheet", "selector"), [("manage", ".share-qr"), ("present", ".stage-qr")]
)
def test_qr_codes_keep_their_colours(stylesheet: str, selector: str) -> None:
    css = (STYLES / "css" / f"{stylesheet}.css").read_text()
    rule = re.search(rf"^{re.escape(selector)} \{{(.*?)\}}", css, re.DOTALL | re.MULTILINE)
    assert rule is not None
    assert "forced-color-adjust: none" in rule[1]


def test_what_needs_a_script_stays_hidden_without_one() -> None:
    # Stylesheets of kinds come later, and display their buttons as grids.
    css = (STYLES / "app.css").read_text()
    assert re.search(r"\.needs-script \{\s*display: none !important;", css)


def tokens_of(css: str, theme: str) -> dict[str, str]:
    """The colours of a theme of ``app.css`` by name, where its two values are hex colours."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", css)
    return {name: light if theme == "light" else dark for name, light, dark in pairs}


def channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_on_bars_of_many_options_can_be_read(theme: str) -> None:
    css = (STYLES / "app.css").read_text()
    colours = tokens_of(css, theme)
    ink, accent, track = (channels(colours[name]) for name in ("ink", "accent", "bar-track"))
    present = (STYLES / "css" / "present.css").read_text()
    mixes = re.findall(r"--bar-color: color-mix\(in srgb, var\(--accent\) (\d+)%", present)
    assert len(mixes) == 2
    for mix in mixes:
        part = int(mix) / 100
        fill = [a * part + t * (1 - part) for a, t in zip(accent, track, strict=True)]
        assert contrast(ink, fill) >= 4.5, mix
