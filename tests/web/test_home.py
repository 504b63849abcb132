"""The home page: the join form for visitors, their polls for accounts."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.conftest import MakePoll, vote
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db


def text_of(browser: Client, path: str = "/") -> str:
    page = browser.get(path)
    assert page.status_code == 200
    return page.content.decode()


def test_visitors_and_guests_see_the_introduction(browser_of: BrowserOf, guest: User) -> None:
    for user in (None, guest):
        text = text_of(browser_of(user))
        assert "Ask the room" in text
        assert "Your polls" not in text


def test_a_visit_creates_nothing(client: Client) -> None:
    """Link previews and crawlers must not make rows."""
    text_of(client)
    assert "tallyroom_session" not in client.cookies
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)  # the writer has a connection of its own
def test_own_polls_have_states_and_votes(
    browser_of: BrowserOf, alice: User, bob: User, charlie: User, make_poll: MakePoll
) -> None:
    make_poll(question="A draft of mine?", is_published=False)
    asked = make_poll(question="An open one?")
    for voter in (bob, charlie):
        vote(voter, asked, 0)
    text = text_of(browser_of(alice))
    assert "A draft of mine?" in text
    assert "badge-draft" in text
    assert "2 people voted" in text
    assert asked.join_code in text
    assert f"/present/{asked.id}" in text
    assert "mine" not in text_of(browser_of(charlie))


def test_staff_see_their_own_polls_only(
    browser_of: BrowserOf, staff: User, make_poll: MakePoll
) -> None:
    make_poll(question="Whose is this?")
    text = text_of(browser_of(staff))
    assert "Whose is this?" not in text
    assert "No polls yet" in text


def test_the_number_of_queries_does_not_grow_with_the_polls(
    browser_of: BrowserOf,
    alice: User,
    make_poll: MakePoll,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = browser_of(alice)
    browser.get("/")  # gives the session its sign-in
    for count in (1, 3):
        for _ in range(count):
            make_poll()
        # The session, the person, the polls and their options.
        with django_assert_num_queries(4):
            browser.get("/")


def test_a_question_is_escaped(browser_of: BrowserOf, alice: User, make_poll: MakePoll) -> None:
    make_poll(question="<script>alert(1)</script> & 'you'?")
    text = text_of(browser_of(alice))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("typed", ["{code}", " {code} ", "{spaced}", "{arabic}"])
def test_a_code_is_accepted_in_any_notation(
    client: Client, make_poll: MakePoll, typed: str
) -> None:
    code = make_poll().join_code
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    typed = typed.format(code=code, spaced=f"{code[:3]} {code[3:]}", arabic=arabic)
    answer = client.get("/", {"code": typed})
    assert (answer.status_code, answer["Location"]) == (302, f"/p/{code}")


def test_an_unknown_code_and_a_strangers_draft_look_the_same(
    client: Client, make_poll: MakePoll
) -> None:
    draft = make_poll(is_published=False)
    for code in ("000000", "not a code", draft.join_code):
        text = text_of(client, f"/?code={code}")
        assert "No poll has this code" in text
        assert "autofocus" in text
        assert "<title>Error: " in text


def test_an_empty_code_is_an_error(client: Client) -> None:
    assert "Enter the code" in text_of(client, "/?code=")


# In every language


@pytest.mark.parametrize(
    ("accepted", "language", "direction", "words"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "ltr", "Frag dein Publikum"),
        ("ar", "ar", "rtl", "اسأل القاعة"),
        ("fr", "en", "ltr", "Ask the room"),
    ],
)
def test_the_browser_chooses_the_language(
    client: Client, accepted: str, language: str, direction: str, words: str
) -> None:
    text = client.get("/", headers={"Accept-Language": accepted}).content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert words in text


def test_own_translations_take_precedence_over_djangos(client: Client) -> None:
    text = client.get("/sign-in", headers={"Accept-Language": "ar"}).content.decode()
    assert ">البريد الإلكتروني<" in text


def test_choosing_a_language_returns_to_the_same_page(client: Client) -> None:
    answer = client.post("/language", {"language": "ar", "next": "/sign-in?next=/account"})
    assert answer["Location"] == "/sign-in?next=/account"
    assert 'dir="rtl"' in text_of(client, "/sign-in")


def test_the_language_of_a_page_is_not_that_of_the_api(client: Client) -> None:
    client.post("/language", {"language": "de"})
    body = {"name": "Ada", "email": "ada@example.org", "password": "12345678"}
    answer = client.post("/api/auth/register", body, content_type="application/json")
    assert "too common" in str(answer.json()["errors"])
