"""docs/errors.md lists every error code, and no others."""

import re
from collections import Counter

import pytest

from apikit.errors import ApiError
from tests.docs.errors import all_errors
from tests.processes import ROOT

ERRORS = all_errors()
ROW = re.compile(r"^\| `([a-z_.]+)` \| (\d{3}) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "errors.md").read_text())


def test_each_code_belongs_to_one_error() -> None:
    counts = Counter(error.code for error in ERRORS)
    assert [code for code, count in counts.items() if count > 1] == []


def test_the_page_lists_each_code_once_and_no_other() -> None:
    assert sorted(code for code, *_ in ROWS) == [error.code for error in ERRORS]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_the_page_says_of_each_error_its_status(error: type[ApiError]) -> None:
    statuses = {code: int(status) for code, status, *_ in ROWS}
    assert statuses[error.code] == error.http_status


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_each_error_has_a_sentence_for_people(error: type[ApiError]) -> None:
    assert error.message[0].isupper()
    assert error.message.endswith(".")


def test_the_page_says_what_to_do_about_each_status() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    table = page.partition("| status | means")[2].partition("## ")[0]
    listed = {int(status) for status in re.findall(r"\b[45]\d\d\b", table)}
    assert listed == {error.http_status.value for error in ERRORS}
