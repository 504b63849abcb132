"""docs/teams.md agrees with the code."""

import re

import pytest

from tests.processes import ROOT
from tools.permissions import PATH, with_table
from workspaces import limits
from workspaces.settings import WorkspaceSettings, check_settings, store_settings

PAGE = (ROOT / "docs" / "teams.md").read_text()


def test_the_table_of_permissions_is_that_of_the_code() -> None:
    is_up_to_date = PATH.read_text() == with_table(PATH.read_text())
    assert is_up_to_date, "Run `make permissions`."


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.isupper()])
def test_the_page_has_every_limit(name: str) -> None:
    section = PAGE.partition("## Limits")[2].partition("\n## ")[0]
    numbers = {int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", section)}
    assert vars(limits)[name] in numbers


def test_the_page_lists_every_setting_of_a_workspace_with_its_values() -> None:
    section = PAGE.partition("### Settings of a workspace")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \|", section, re.MULTILINE)
    stored = store_settings(WorkspaceSettings())
    defaults = {f"pollDefaults.{name}" for name in stored.pop("pollDefaults")}
    assert {name for name, _ in rows} == {*stored, *defaults}
    for name, values in rows:
        for word in re.findall(r"`(\w+)`", values):
            value = {"true": True, "false": False}.get(word, word)
            path, _, last = name.rpartition(".")
            check_settings({path: {last: value}} if path else {last: value})
