"""The pages of ``questions``: participants ask, and vote for what others ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.plurals import filled, plural_forms
from web.numbers import grouped


@dataclass(frozen=True, slots=True)
class Question:
    """A question as people see it; ``count`` is None while the results are hidden."""

    id: UUID
    text: str
    position: int
    count: int | None
    is_pinned: bool
    answered_at: datetime | None


class QuestionsPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.QUESTIONS
    ballot_modules = ("counted.js", "question_list.js", "question_rows.js", "gliding.js")
    result_modules = (
        "counted.js",
        "question_list.js",
        "question_rows.js",
        "gliding.js",
        "pages.js",
    )

    def hint(self, poll: Poll) -> str:
        return _("Vote for the questions that you want answered.")

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        """Return nothing: a form with questions is one that only names options."""
        return []

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        return {"chosen": {answer.option_id for answer in answers}}

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        questions = sorted_questions(poll, results)
        return {"questions": questions, "count": count_text(questions)}

    def outcome(self, poll: Poll, results: PollResults) -> str:
        return count_text(sorted_questions(poll, results))

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "questions": plural_forms(questions_text),
            "withAnswered": _("{questions}, {answered} answered"),
            "newQuestions": plural_forms(_new_text),
            "newOrder": _("Update the order"),
            "pinned": pgettext("question", "Pinned"),
            "answered": pgettext("question", "Answered"),
            "yours": _("Your question"),
            "votes": plural_forms(votes_text),
            "summary": _("{question}: {votes}"),
            "page": _("Page {page} of {pages}"),
        }


def sorted_questions(poll: Poll, results: PollResults) -> list[Question]:
    """Return the questions in the order of pages: pinned, open by votes, answered. No query.

    The same as in ``js/kinds/question_rows.js``.
    """
    counts = {option.id: option.vote_count for option in results.options}
    questions = [
        Question(
            id=option.id,
            text=option.text,
            position=option.position,
            count=counts.get(option.id),
            is_pinned=option.is_pinned,
            answered_at=option.answered_at,
        )
        for option in poll.options.all()
    ]
    return sorted(
        questions,
        key=lambda each: (
            each.answered_at is not None,
            not each.is_pinned,
            -(each.count or 0),
            each.position,
        ),
    )


def count_text(questions: Sequence[Question]) -> str:
    """Return how many questions there are, and how many of them are answered."""
    if not questions:
        return ""
    text = filled(questions_text, len(questions))
    answered = sum(question.answered_at is not None for question in questions)
    if not answered:
        return text
    return _("{questions}, {answered} answered").format(questions=text, answered=grouped(answered))


def questions_text(count: int) -> str:
    return ngettext("{count} question", "{count} questions", count)


def votes_text(count: int) -> str:
    return ngettext("{count} vote", "{count} votes", count)


def _new_text(count: int) -> str:
    return ngettext("{count} new question", "{count} new questions", count)
