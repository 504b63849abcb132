"""Which sites may show a poll in a frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from apikit.errors import ValidationFailedError
from polls.embedding import MAX_EMBED_ORIGINS, frame_ancestors, settle_embed_origins
from polls.models import Poll
from tests.conftest import ClientFor, MakePoll

BODY = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}


@pytest.mark.parametrize(
    ("origin", "settled"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG", "https://example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("https://example.org:08443", "https://example.org:8443"),
        ("http://192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("*", "*"),
    ],
)
def test_an_origin_is_stored_as_browsers_write_it(origin: str, settled: str) -> None:
    assert settle_embed_origins([origin]) == [settled]


NO_ORIGINS = [
    "",
    " ",
    "example.org",
    "//example.org",
    "ftp://example.org",
    "javascript:alert(1)",
    "https://",
    "https://example.org/",
    "https://example.org/path",
    "https://example.org?x",
    "https://user@example.org",
    "https://*.example.org",
    "https://*",
    "https://example..org",
    "https://.example.org",
    "https://-example.org",
    "https://example.org.",
    "https://exa_mple.org",
    "https://müller.example",
    "https://[2001:db8::1]",
    "https://example.org:",
    "https://example.org:0",
    "https://example.org:65536",
    "https://example.org:٣٠٠٠",
    "https://example.org https://other.example",
    "https://example.org; script-src *",
    "https://example.org, *",
    "https://example.org\n",
    "https://" + "a" * 64 + ".org",
    "https://" + ".".join(["abcdefg"] * 32),
    "'self'",
    "null",
    "**",
]


@pytest.mark.parametrize("text", NO_ORIGINS)
def test_an_invalid_origin_is_refused_with_its_index(text: str) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        settle_embed_origins(["https://example.org", text])
    assert [error.field for error in refusal.value.errors] == ["embedOrigins.1"]


@given(st.text())
def test_no_origin_can_end_the_directive(text: str) -> None:
    try:
        settled = settle_embed_origins([text])
    except ValidationFailedError:
        return
    [source] = settled
    assert source.isascii()
    assert not set(source) & set(" \t\r\n;,'\"")


def test_duplicate_origins_are_removed() -> None:
    origins = ["https://b.example", "https://a.example", "https://B.example:443"]
    assert settle_embed_origins(origins) == ["https://b.example", "https://a.example"]


def test_a_wildcard_must_be_the_only_entry() -> None:
    with pytest.raises(ValidationFailedError):
        settle_embed_origins(["*", "https://example.org"])
    assert settle_embed_origins(["*", "*"]) == ["*"]


def test_there_is_a_limit_to_the_sites() -> None:
    origins = [f"https://s{number}.example" for number in range(MAX_EMBED_ORIGINS + 1)]
    assert settle_embed_origins(origins[:-1]) == origins[:-1]
    with pytest.raises(ValidationFailedError):
        settle_embed_origins(origins)


@pytest.mark.parametrize(
    ("origins", "sources"),
    [
        ([], ["'none'"]),
        (["*"], ["*"]),
        (["https://example.org"], ["'self'", "https://example.org"]),
    ],
)
def test_the_header_names_who_may_frame(origins: list[str], sources: list[str]) -> None:
    assert frame_ancestors(Poll(embed_origins=origins)) == sources


@pytest.mark.django_db
def test_polls_cannot_be_embedded_by_default(alice: User, client_for: ClientFor) -> None:
    response = client_for(alice).post("/api/polls", BODY)
    assert response.json()["poll"]["embedOrigins"] == []
    assert frame_ancestors(Poll.objects.get()) == ["'none'"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["embedOrigins", "embed_origins"])
def test_origins_can_be_set_at_creation(alice: User, client_for: ClientFor, name: str) -> None:
    response = client_for(alice).post("/api/polls", BODY | {name: ["https://Example.org"]})
    assert response.status_code == 201
    assert response.json()["poll"]["embedOrigins"] == ["https://example.org"]


@pytest.mark.django_db
def test_origins_can_be_changed_and_removed(
    alice: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, client = make_poll(), client_for(alice)
    address = f"/api/polls/{poll.id}"
    for origins in (["https://example.org"], ["*"], []):
        response = client.patch(address, {"embedOrigins": origins})
        assert response.status_code == 200
        assert client.get(address).json()["poll"]["embedOrigins"] == origins
    assert int(response.headers["ETag"].strip('"')) == poll.revision + 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "origins",
    [
        None,
        "*",
        [None],
        [7],
        [["https://example.org"]],
        ["https://example.org/path"],
        ["*", "https://example.org"],
        [f"https://s{number}.example" for number in range(MAX_EMBED_ORIGINS + 1)],
    ],
)
def test_a_malformed_list_is_refused(
    alice: User, make_poll: MakePoll, client_for: ClientFor, origins: object
) -> None:
    poll, client = make_poll(embed_origins=["https://example.org"]), client_for(alice)
    for response in (
        client.post("/api/polls", BODY | {"embedOrigins": origins}),
        client.patch(f"/api/polls/{poll.id}", {"embedOrigins": origins}),
    ):
        assert (response.status_code, response.json()["code"]) == (400, "validation")
        assert response.json()["errors"][0]["field"].startswith("embedOrigins")
    poll.refresh_from_db()
    assert poll.embed_origins == ["https://example.org"]


@pytest.mark.django_db
def test_others_cannot_set_origins(
    charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    response = client_for(charlie).patch(f"/api/polls/{poll.id}", {"embedOrigins": ["*"]})
    assert (response.status_code, response.json()["code"]) == (403, "poll.not_owner")
    poll.refresh_from_db()
    assert poll.embed_origins == []
