"""Revisions of rows as entity tags: ``ETag`` in responses, ``If-Match`` in requests."""

import re
from collections.abc import Collection

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.etags import strong_etags

# The revisions at which a change is allowed; None allows any.
Revisions = Collection[int] | None

# As long as a revision can be; Python refuses to parse unbounded numbers.
_OUR_ETAG = re.compile(r'"([1-9][0-9]{0,18})"')


def expected_revisions(request: Request) -> Revisions:
    """Return the revisions in ``If-Match``; None allows any."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = map(_OUR_ETAG.fullmatch, strong_etags(header))
    return [int(tag[1]) for tag in tags if tag]


def with_etag(response: Response, revision: int) -> Response:
    """Add the ``ETag`` of a revision to a response."""
    response["ETag"] = f'"{revision}"'
    return response
