"""Tables written as text, so that a reader takes them in at a glance."""

import re


def read_table(text: str) -> dict[str, dict[str, str]]:
    """Cells by row and column; two blanks or more part them.

    The first line names the columns; each other line begins with the name of its row.
    """
    head, *lines = [line.strip() for line in text.strip().splitlines()]
    columns = re.split(r"  +", head)
    rows = {}
    for line in lines:
        name, *cells = re.split(r"  +", line)
        assert name not in rows, f"two rows called {name}"
        rows[name] = dict(zip(columns, cells, strict=True))
    return rows
