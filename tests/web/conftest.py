"""Browsers of the cast, without JavaScript."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD
from tests.workspaces.teams import Team, make_team

Fields = dict[str, Any]
BrowserOf = Callable[[User | None], Client]


@pytest.fixture
def browser_of() -> BrowserOf:
    """Makes a browser in which somebody is signed in, or nobody."""

    def make(user: User | None) -> Client:
        browser = Client()
        if user is not None:
            browser.force_login(user)
        return browser

    return make


@pytest.fixture
def alice_with_password(alice: User) -> User:
    """alice, who can sign in with a password."""
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def data_in(html: str, element_id: str = "page-data") -> Fields:
    """What a page hands to its script."""
    found = re.search(rf'<script id="{element_id}" type="application/json">(.*?)</script>', html)
    assert found is not None
    data: Fields = json.loads(found[1])
    return data


@pytest.fixture
def team(alice: User, bob: User, charlie: User, guest: User, staff: User) -> Team:
    """Everybody who has something to do with a project, or nothing: see ``found_project``."""
    return make_team(alice, bob, charlie, guest, staff)
