"""The OpenAPI document passes the linters that users of an API run on it."""

import re

import pytest
import yaml

from tests.clients.toolchain import HERE, run_script

pytestmark = pytest.mark.usefixtures("tools")


def test_redocly_finds_nothing_but_what_is_ignored_with_a_reason() -> None:
    [ignored] = yaml.safe_load((HERE / ".redocly.lint-ignore.yaml").read_text()).values()
    printed = run_script("lint:redocly")
    found = re.search(r"(\d+) problems? (?:is|are) explicitly ignored", printed)
    # An entry that ignores nothing any more has to go.
    assert found is not None
    assert int(found[1]) == sum(len(places) for places in ignored.values())


def test_spectral_finds_nothing() -> None:
    assert "No results" in run_script("lint:spectral")
