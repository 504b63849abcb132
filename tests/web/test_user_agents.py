"""Readable names of browsers."""

import pytest

from web.user_agents import describe_user_agent

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{WINDOWS} AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari", "Chrome on Android"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("", "Unknown app"),
    ],
)
def test_a_browser_has_a_name(text: str, name: str) -> None:
    assert describe_user_agent(text) == name
