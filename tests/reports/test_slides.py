"""Results as pictures for slides: what they say of each kind, and one that is drawn."""

import io
from typing import Any, cast

import pytest
from django.utils import timezone, translation
from PIL import Image

from accounts.models import User
from polls.errors import ResultsHiddenError
from polls.host_decisions import decide
from polls.host_wire import HostChoice
from polls.kinds.base import SentAnswer
from polls.models import Picture, Poll
from polls.picture_encoding import encode_picture
from polls.pictures import insert_picture
from polls.selectors import whole_polls
from reports.pdf.slides import CARD_MAX_CHARS, MAX_CARDS, MAX_QUESTIONS, build_slide
from reports.pdf.slides import draw_results_for as draw
from reports.writers import Language
from tests.conftest import actor_of, make_user, option_ids
from tests.polls.kinds.asking import answer, answer_at_random, ask
from tests.polls.pictures import picture_file
from tests.reports.jobs import vote
from tests.reports.test_pdf_document import plain
from votes.exports import collect_results

pytestmark = pytest.mark.django_db


def slide_of(poll: Poll, language: Language = Language.ENGLISH) -> Any:
    export = collect_results(whole_polls().get(id=poll.id), timezone.now(), 0, has_views=False)
    with translation.override(language):
        return build_slide(export, language)


def test_a_slide_has_the_question_the_outcome_and_the_number_of_people(
    alice: User, bob: User
) -> None:
    poll = ask(alice, "single", question="Tea?", options=["Yes", "No"])
    empty = slide_of(poll)
    assert (plain(empty["outcome"]), empty["figure"]) == ("No votes yet", None)
    vote(bob, poll, 1)
    slide = slide_of(poll)
    assert plain(slide["question"]) == "Tea?"
    assert plain(slide["outcome"]) == "No leads with 100.0%"
    assert slide["base"].startswith("1 person voted · ")
    assert slide["base"].endswith(" UTC")
    assert [each["share"] for each in slide["figure"]["options"]] == ["0.0%", "100.0%"]
    assert slide_of(poll, Language.ARABIC)["isRtl"]


def test_words_are_as_large_as_they_are_frequent(alice: User) -> None:
    poll = ask(alice, "word cloud")
    for number in range(4):
        words = ["often", "once"] if number == 0 else ["often"]
        answer(make_user(f"V{number}"), poll, [SentAnswer(text=word) for word in words])
    words = slide_of(poll)["figure"]["words"]
    assert [(plain(word["text"]), word["size"], word["leads"]) for word in words] == [
        ("often", 40, True),
        ("once", 20, False),
    ]


def test_a_slide_has_the_first_texts_and_says_how_many_more_there_are(alice: User) -> None:
    poll = ask(alice, "open text", settings={"maxChars": 500})
    for number in range(MAX_CARDS + 3):
        answer(make_user(f"V{number}"), poll, [SentAnswer(text=f"{number} " + "x" * 400)])
    removed = HostChoice(action="remove", text="10 " + "x" * 400)
    decide(actor=actor_of(alice), poll_id=poll.id, choice=removed)
    slide = slide_of(poll)
    texts = [plain(card["text"]) for card in slide["figure"]["cards"]]
    assert [text.split()[0] for text in texts] == [str(each) for each in range(9, 1, -1)]
    assert {len(text.replace("\u200b", "")) for text in texts} == {CARD_MAX_CHARS}
    # As ``total``, with what the host has removed.
    assert slide["more"] == "and 3 more"


def test_a_slide_has_the_questions_with_most_votes(alice: User, bob: User) -> None:
    texts = [f"Why {number}?" for number in range(MAX_QUESTIONS + 2)]
    poll = ask(alice, "questions", options=texts)
    vote(bob, poll, MAX_QUESTIONS + 1)
    slide = slide_of(poll)
    shown = [plain(each["text"]) for each in slide["figure"]["options"]]
    assert shown[:2] == [texts[-1], texts[0]]
    assert (len(shown), slide["more"]) == (MAX_QUESTIONS, "and 2 more")


@pytest.fixture
def places(alice: User) -> Poll:
    encoded = encode_picture(io.BytesIO(picture_file((400, 200))))
    picture = insert_picture(alice.id, encoded)
    poll = ask(alice, "hotspot", question="أين؟ 🎯", picture_id=picture.id)
    answer(make_user("Voter"), poll, [SentAnswer(x=0.01, y=0.01)])
    return poll


def test_a_heat_map_is_drawn_over_its_picture(alice: User, places: Poll) -> None:
    with translation.override("ar"):
        file = draw(actor_of(alice), places.id, Language.ARABIC)
    assert file.media_type == "image/png"
    image = Image.open(io.BytesIO(file.content)).convert("RGB")
    assert image.width == 1920
    # The red and the blue half of the picture, beneath a white veil.
    left, right = (
        cast(tuple[int, int, int], image.getpixel((x, image.height // 2))) for x in (700, 1220)
    )
    assert (left[0] > left[2] + 50, right[2] > right[0] + 50) == (True, True)


def test_a_heat_map_whose_picture_was_removed_has_none(places: Poll) -> None:
    assert slide_of(places)["figure"]["type"] == "map"
    Picture.objects.all().delete()
    assert slide_of(places)["figure"]["type"] == "heat"


def test_hidden_results_are_not_drawn(alice: User, bob: User) -> None:
    poll = ask(alice, "rating", results_visibility="owner")
    answer_at_random(poll, "rating")
    assert option_ids(poll)
    with pytest.raises(ResultsHiddenError):
        draw(actor_of(bob), poll.id, Language.ENGLISH)
