"""Pages show that a question was edited after voting began, and the original one."""

import pytest

from accounts.models import User
from polls.editing import update_poll
from tests.conftest import MakePoll, actor_of, vote
from tests.moderation_client import ModerationClient
from tests.web.conftest import BrowserOf

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Edited after voting began. Original question:"


@pytest.mark.parametrize(
    "address", ["/p/{join_code}", "/embed/{id}", "/present/{id}", "/manage/{id}"]
)
def test_every_page_shows_the_original_question(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll, address: str
) -> None:
    poll = make_poll(question="Keep the <oak>?", embed_origins=["*"])
    url = address.format(id=poll.id, join_code=poll.join_code)
    browser = browser_of(alice)
    vote(bob, poll, 0)
    assert 'id="edited" hidden' in browser.get(url).content.decode()
    update_poll(actor=actor_of(alice), poll_id=poll.id, changes={"question": "Fell the oak?"})
    html = browser.get(url).content.decode()
    assert NOTE in html
    assert '<q id="original-question" dir="auto">Keep the &lt;oak&gt;?</q>' in html
    assert 'id="edited" hidden' not in html


def test_the_form_announces_that_the_original_stays_visible(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    warning = "If you edit the question, everyone can still see the original."
    url = f"/manage/{poll.id}/edit"
    assert warning not in browser_of(alice).get(url).content.decode()
    vote(bob, poll, 0)
    assert warning in browser_of(alice).get(url).content.decode()


def test_an_edit_through_the_form_is_recorded(
    browser_of: BrowserOf, alice: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    vote(bob, poll, 0)
    form = browser_of(alice).get(f"/manage/{poll.id}/edit").context["form"]
    fields = {name: value for name, value in form.initial.items() if value not in (None, False)}
    fields |= {"question": "Juice or water?", "revision": poll.revision}
    browser_of(alice).post(f"/manage/{poll.id}/edit", fields)
    poll.refresh_from_db()
    assert poll.question == "Juice or water?"
    assert [each["question"] for each in poll.earlier_questions] == ["Tea or coffee?"]


def test_staff_see_each_wording_and_who_replaced_it(
    staff: User, bob: User, make_poll: MakePoll
) -> None:
    poll, moderator = make_poll(), ModerationClient(staff)
    vote(bob, poll, 0)
    moderator.save(poll, question="Juice or water?")
    html = moderator.page_of(poll).content.decode()
    assert "Tea or coffee?, until " in html
    assert f"by {staff.id}" in html
