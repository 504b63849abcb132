"""Browsers of the cast, without a script."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

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
