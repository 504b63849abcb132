"""Addresses in headers that can not be parsed are refused, never a 500."""

import pytest
from django.test import RequestFactory

from web.views.embed import _may_be_framed

pytestmark = pytest.mark.once


@pytest.mark.parametrize("referrer", ["http://[", "http://[::1"])
def test_a_malformed_referrer_does_not_frame(referrer: str) -> None:
    headers = {"Referer": referrer, "Sec-Fetch-Dest": "iframe"}
    request = RequestFactory().get("/embed/x", headers=headers)
    assert not _may_be_framed(request, ["https://example.org"])
