"""Comments are removed from our scripts and stylesheets."""

from pathlib import Path

import pytest

from polling_site.static_storage import without_comments
from tests.processes import ROOT


def test_comments_at_the_start_of_a_line_are_removed() -> None:
    script = """/* What it is. */

import { a } from "./a.js";
  /**
   * @param {string} b
   */
  // Why.
  const url = "https://x/*"; // stays
/** @type {A} */ (a).b();
/* Gone. */
"""
    assert (
        without_comments(script, ".js")
        == """
import { a } from "./a.js";
  const url = "https://x/*"; // stays
/** @type {A} */ (a).b();
"""
    )
    style = """/* A. */
.b {
  /* C,
     D. */
  background: url("//x/*");
}
"""
    assert (
        without_comments(style, ".css")
        == """.b {
  background: url("//x/*");
}
"""
    )


def our_files() -> list[Path]:
    folder = ROOT / "web" / "static" / "web"
    files = [*folder.rglob("*.js"), *folder.rglob("*.css")]
    return [path for path in files if "vendor" not in path.parts]


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("path", our_files(), ids=lambda path: path.name)
def test_nothing_but_comments_is_removed(path: Path) -> None:
    """No string or template of ours has a line that looks like a comment."""
    text = path.read_text()
    kept = iter(lines_of(without_comments(text, path.suffix)))
    dropped = []
    expected = next(kept, None)
    for line in lines_of(text):
        if line == expected:
            expected = next(kept, None)
        else:
            dropped.append(line)
    assert expected is None
    is_open = False
    for line in dropped:
        assert is_open or line.startswith(("/*", "//")), line
        is_open = (is_open or line.startswith("/*")) and not line.endswith("*/")
    assert not is_open
