"""Draws the plots of docs/performance.md from the latest results: ``python -m bench.plots``.

Writes SVG directly, so that no plotting library is needed. The colours are readable on light and
dark backgrounds.
"""

import json
import math
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from bench.report import RESULTS

TARGET = RESULTS.parent.parent / "docs" / "plots"
WIDTH, BAR, GAP, LABEL = 720, 20, 8, 300
OURS, OTHERS, TEXT = "#2f7ed8", "#9a8c7c", "#808080"
STYLE = f"font: 13px system-ui, sans-serif; fill: {TEXT}"
CHART_HEIGHT, MARGIN = 240, 60

Row = dict[str, Any]


def main() -> None:
    paths = [Path(path) for path in sys.argv[1:]] or _complete_results()
    if not paths:
        sys.exit("There are no results yet: run `make bench` first.")
    measures = _read(paths)
    TARGET.mkdir(exist_ok=True)
    drawings = {
        "votes": _bars(
            "Votes a second, two processes each",
            [row for row in _rows(measures, "rest", "sockets", "floor") if _is_fast(row)],
        ),
        "frames": _bars(
            "Frames a second of one core, to 1,000 sockets", _rows(measures, "fan_out")
        ),
        "growth": _curves(
            "Votes a second, by votes that are in the poll already",
            [row for row in _rows(measures, "growth") if row["unit"] == "votes/s"],
        ),
    }
    for name, drawing in drawings.items():
        (TARGET / f"{name}.svg").write_text(drawing)
        print(TARGET / f"{name}.svg")


def _complete_results() -> list[Path]:
    """Returns the results, oldest first."""
    paths = sorted(RESULTS.glob("*.json"))
    return [path for path in paths if not json.loads(path.read_text())["isQuick"]]


def _read(paths: Sequence[Path]) -> dict[str, list[Row]]:
    """Merges the results; the latest value of a measure wins."""
    measures: dict[str, list[Row]] = {}
    for path in paths:
        measures |= json.loads(path.read_text())["measures"]
    return measures


def _rows(measures: dict[str, list[Row]], *names: str) -> list[Row]:
    return [row for name in names for row in measures.get(name, []) if row["kind"] == "row"]


def _is_fast(row: Row) -> bool:
    return "steady" not in row["what"]


def _bars(title: str, rows: Sequence[Row]) -> str:
    """Draws one bar per contestant, grouped by measure."""
    most = max((row["value"] for row in rows), default=1)
    parts, y, what = [], 30, None
    for row in rows:
        if row["what"] != what and len({each["what"] for each in rows}) > 1:
            what = row["what"]
            y += BAR
            parts.append(_text(0, y, what))
            y += GAP
        length = max(1, (WIDTH - LABEL - 70) * row["value"] / most)
        colour = OURS if row["who"] == "Tallyroom" else OTHERS
        parts += [
            _text(LABEL - 8, y + 15, row["who"], anchor="end"),
            f'<rect x="{LABEL}" y="{y}" width="{length:.0f}" height="{BAR}" fill="{colour}"/>',
            _text(LABEL + length + 6, y + 15, f"{row['value']:,.0f}"),
        ]
        y += BAR + GAP
    return _svg(title, y + GAP, parts)


def _curves(title: str, rows: Sequence[Row]) -> str:
    """Draws a line per contestant on a logarithmic axis; sizes are parsed from measure names."""
    sizes = sorted({_size(row) for row in rows})
    most = max((row["value"] for row in rows), default=1)
    bottom = CHART_HEIGHT - 30
    parts = [_text(_x(size, sizes), CHART_HEIGHT, f"{size:,}", anchor="middle") for size in sizes]
    for who in dict.fromkeys(row["who"] for row in rows):
        points = [
            (_x(_size(row), sizes), bottom - (bottom - 50) * row["value"] / most, row["value"])
            for row in rows
            if row["who"] == who
        ]
        colour = OURS if who == "Tallyroom" else OTHERS
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="3"/>')
        parts += [_text(x, y - 8, f"{value:,.0f}", anchor="middle") for x, y, value in points]
        parts.append(_text(points[-1][0] + 30, points[-1][1] + 4, who))
    return _svg(title, CHART_HEIGHT + 10, parts)


def _size(row: Row) -> int:
    return int("".join(filter(str.isdigit, row["what"])))


def _x(size: int, sizes: Sequence[int]) -> float:
    span = math.log10(sizes[-1] / sizes[0]) or 1
    return MARGIN + (WIDTH - MARGIN - 150) * math.log10(size / sizes[0]) / span


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    body = "\n".join([f"<title>{escape(title)}</title>", _text(0, 16, title), *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' style="{STYLE}">\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    main()
