"""What the list of rooms shows of a message of the system; js/discussion/texts.js does the same."""

from typing import Any

import pytest
from django.utils import translation

from chat.models import MessageKind
from chat.notices import NoticeKind, NoticeLine, NoticeView
from polls.models import PollKind
from web.notice_texts import text_of_message


class Message:
    """The fields that are read of a message."""

    author = None

    def __init__(self, body: str, kind: MessageKind, notice: NoticeView | None = None) -> None:
        self.body, self.kind, self.notice = body, kind, notice


def shown(body: str, kind: MessageKind, notice: NoticeView | None = None) -> str:
    message: Any = Message(body, kind, notice)
    with translation.override("de"):
        return text_of_message(message)


def test_what_people_wrote_is_never_translated() -> None:
    """Also once their account, and with it the author of the message, is gone."""
    assert shown("The poll is open.", MessageKind.TEXT) == "The poll is open."
    assert "Abstimmung" in shown("The poll is open.", MessageKind.SYSTEM)


@pytest.mark.parametrize("is_shortened", [True, False])
def test_a_tally_that_was_shortened_says_so(is_shortened: bool) -> None:
    line = NoticeLine(text="Tea", numbers={"voteCount": 2, "percentage": 12.5})
    notice = NoticeView(
        kind=NoticeKind.FINAL_TALLY,
        poll_kind=PollKind.SINGLE,
        voters=2,
        lines=(line,),
        is_shortened=is_shortened,
    )
    text = shown("Final tally: Tea 2 (12.5 %)", MessageKind.SYSTEM, notice)
    assert text.endswith("2 (12,5 %); …" if is_shortened else "2 (12,5 %)")
