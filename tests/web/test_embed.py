"""``/embed/<id>``: a poll in a frame, on the sites it allows and nowhere else."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from polls.models import Poll
from tests.conftest import MakePoll, vote
from tests.web.conftest import BrowserOf, data_in

pytestmark = pytest.mark.django_db(transaction=True)

HOST_SITE = "https://host.example"
REFUSAL = "This poll can’t be shown here"
VOTE_BUTTON_SHOWN = '<div class="ballot-casting" id="casting">'


def frame(browser: Client, poll: Poll, query: str = "", **headers: str) -> Any:
    return browser.get(f"/embed/{poll.id}{query}", headers=headers)


def in_frame_of(origin: str) -> dict[str, str]:
    """What a browser sends along with the request for a frame on a page of ``origin``."""
    return {"Sec-Fetch-Dest": "iframe", "Referer": f"{origin}/"}


def ancestors_of(page: Any) -> str:
    """The sources of ``frame-ancestors`` in the page's policy."""
    directives = page["Content-Security-Policy"].split("; ")
    found = [each for each in directives if each.startswith("frame-ancestors ")]
    assert len(found) == 1
    return str(found[0]).removeprefix("frame-ancestors ")


def test_a_poll_is_framed_by_the_sites_it_names_and_by_ours(
    make_poll: MakePoll, client: Client
) -> None:
    page = frame(client, make_poll(embed_origins=[HOST_SITE]), **in_frame_of(HOST_SITE))
    assert page.status_code == 200
    assert "Tea or coffee?" in page.content.decode()
    assert ancestors_of(page) == f"'self' {HOST_SITE}"
    assert "X-Frame-Options" not in page
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_a_poll_for_every_site_is_framed_everywhere(make_poll: MakePoll, client: Client) -> None:
    page = frame(client, make_poll(embed_origins=["*"]), **in_frame_of("https://any.example"))
    assert "Tea or coffee?" in page.content.decode()
    assert ancestors_of(page) == "*"


@pytest.mark.parametrize("origins", [[], [HOST_SITE]])
def test_another_site_gets_a_refusal_without_the_poll(
    make_poll: MakePoll, client: Client, origins: list[str]
) -> None:
    page = frame(client, make_poll(embed_origins=origins), **in_frame_of("https://evil.example"))
    assert page.status_code == 403
    html = page.content.decode()
    assert REFUSAL in html
    assert "Tea" not in html
    assert ancestors_of(page) == "*"
    assert "X-Frame-Options" not in page


def test_a_poll_without_sites_is_never_framed(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll()
    for headers in ({}, {"Sec-Fetch-Dest": "document"}, in_frame_of("http://testserver")):
        page = frame(client, poll, **headers)
        assert (page.status_code, REFUSAL in page.content.decode()) == (403, True)


def test_request_headers_do_not_widen_frame_ancestors(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(embed_origins=[HOST_SITE])
    for headers in ({}, {"Sec-Fetch-Dest": "iframe"}, in_frame_of("http://testserver")):
        assert ancestors_of(frame(client, poll, **headers)) == f"'self' {HOST_SITE}"
    lookalikes = (f"{HOST_SITE}.evil.example", "https://evil.example/?https://host.example")
    for origin in lookalikes:
        assert frame(client, poll, **in_frame_of(origin)).status_code == 403


def test_missing_polls_and_others_drafts_look_the_same(
    make_poll: MakePoll, client: Client, charlie: User, browser_of: BrowserOf
) -> None:
    draft = make_poll(is_published=False, embed_origins=["*"])
    missing = client.get(f"/embed/{uuid4()}")
    for browser in (client, browser_of(charlie)):
        page = frame(browser, draft)
        assert (page.status_code, page.content) == (404, missing.content)
    assert REFUSAL in missing.content.decode()


def test_results_mode_has_no_form(make_poll: MakePoll, client: Client) -> None:
    poll = make_poll(embed_origins=["*"])
    assert VOTE_BUTTON_SHOWN in frame(client, poll).content.decode()
    html = frame(client, poll, "?mode=results").content.decode()
    assert VOTE_BUTTON_SHOWN not in html
    assert data_in(html)["canVote"] is False


def test_hidden_results_are_not_in_the_frame(
    make_poll: MakePoll, guest: User, client: Client
) -> None:
    poll = make_poll(embed_origins=["*"], results_visibility="after_close")
    vote(guest, poll, 0)
    for query in ("", "?mode=results"):
        html = frame(client, poll, query).content.decode()
        tally = data_in(html)["poll"]
        assert (tally["version"], tally["totalVotes"]) == (None, None)
        assert "100%" not in html


@pytest.mark.parametrize("query", ["", "?mode=results"])
def test_a_same_site_frame_has_the_same_voter_as_the_page(
    make_poll: MakePoll, alice: User, browser_of: BrowserOf, query: str
) -> None:
    """Browsers send cookies only to frames on pages of the same site."""
    poll = make_poll(embed_origins=["*"], results_visibility="owner")
    vote(alice, poll, 0)
    data = data_in(frame(browser_of(alice), poll, query).content.decode())
    assert (data["votes"], data["hasVoted"]) == ([str(poll.options.all()[0].id)], True)
    assert (data["person"]["id"], data["poll"]["totalVotes"]) == (str(alice.id), 1)


def test_a_frame_without_cookies_has_no_voter(make_poll: MakePoll, client: Client) -> None:
    data = data_in(frame(client, make_poll(embed_origins=["*"])).content.decode())
    assert (data["votes"], data["hasVoted"], data["person"]) == ([], False, None)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_a_parameter(make_poll: MakePoll, client: Client, theme: str) -> None:
    html = frame(client, make_poll(embed_origins=["*"]), f"?theme={theme}").content.decode()
    assert f'data-theme="{theme}"' in html
    other = frame(client, make_poll(embed_origins=["*"]), '?theme="><script>').content.decode()
    assert "data-theme" not in other
    assert "<script>" not in other


def test_a_frame_costs_two_queries(
    make_poll: MakePoll, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    poll = make_poll(embed_origins=["*"])
    with django_assert_num_queries(2):
        frame(client, poll)
