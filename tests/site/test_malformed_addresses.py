"""Addresses in headers that can not be parsed are refused, never a 500."""

import pytest
from django.test import RequestFactory

from accounts.socket_auth import _token_of
from web.views.embed import _is_framing_allowed


def test_a_token_is_found_among_any_number_of_fields() -> None:
    query = "&".join(f"a{number}=1" for number in range(100)) + "&token=t"
    assert _token_of({"query_string": query.encode()}) == "t"


@pytest.mark.parametrize("referrer", ["http://[", "http://[::1"])
def test_a_malformed_referrer_does_not_frame(referrer: str) -> None:
    headers = {"Referer": referrer, "Sec-Fetch-Dest": "iframe"}
    request = RequestFactory().get("/embed/x", headers=headers)
    assert not _is_framing_allowed(request, ["https://example.org"])
