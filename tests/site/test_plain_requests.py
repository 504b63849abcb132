"""Which requests are plain enough for the fast path."""

import pytest

from polling_site.fast_path.plain_requests import read_headers

HOST = (b"host", b"localhost")
TOKEN = (b"authorization", b"Bearer a.b.c")
JSON = (b"content-type", b"application/json")


def is_plain(*headers: tuple[bytes, bytes]) -> bool:
    return read_headers({"query_string": b"", "headers": list(headers)}) is not None


def test_an_ordinary_request_is_plain() -> None:
    assert is_plain(HOST, TOKEN, JSON, (b"accept", b"*/*"), (b"content-length", b"9"))


@pytest.mark.parametrize(
    "repeated", [HOST, TOKEN, JSON, (b"accept", b"*/*"), (b"idempotency-key", b"k")]
)
def test_a_repeated_header_is_not_plain(repeated: tuple[bytes, bytes]) -> None:
    assert not is_plain(*{HOST, TOKEN, JSON, repeated}, repeated)


@pytest.mark.parametrize("value", [b"Bearer ", b"Bearer    ", b"bearer \t", b"Basic x"])
def test_an_empty_or_other_token_is_not_plain(value: bytes) -> None:
    assert not is_plain(HOST, (b"authorization", value))


def test_a_request_without_a_host_is_not_plain() -> None:
    assert not is_plain(TOKEN, JSON)
