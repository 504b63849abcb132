"""``make permissions``: prints the table of roles and actions into ``docs/teams.md``."""

import os
from pathlib import Path

import django

PATH = Path(__file__).resolve().parent.parent / "docs" / "teams.md"
BEGIN = "<!-- permissions: printed by `make permissions` -->\n"
END = "<!-- /permissions -->\n"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
    django.setup()
    PATH.write_text(with_table(PATH.read_text()))
    print(f"Wrote {PATH.relative_to(PATH.parent.parent)}.")


def with_table(page: str) -> str:
    """Returns the page with the table as the code has it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{make_table()}\n{END}{after}"


def make_table() -> str:
    """Returns the table in Markdown, with a row for each action."""
    from workspaces.permissions import Action, Role, allows

    head = ["what", "action", *(role.value for role in Role)]
    rows = [
        [
            str(action.label),
            f"`{action.value}`",
            *("✓" if allows(role, action) else "" for role in Role),
        ]
        for action in Action
    ]
    rule = ["---", "---", *(":-:" for _ in Role)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *rows))


if __name__ == "__main__":
    main()
