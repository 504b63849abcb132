"""Earlier questions of a poll, which people voted on before it was edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apikit.wire import Wire
from polls.errors import PollEditedTooOftenError
from polls.models import Poll

# In place of the editor, in polls from an archive, which names nobody.
IMPORTED = "imported"
# Each has up to 500 characters, and is read with the poll.
MAX_EARLIER_QUESTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierQuestion(Wire):
    """A question that people voted on before it was edited."""

    question: str
    replaced_at: datetime


def keep_earlier_question(poll: Poll, question: str, editor_id: UUID, now: datetime) -> None:
    """Record that ``question`` was replaced; the poll is locked and has votes.

    :raises PollEditedTooOftenError: at ``MAX_EARLIER_QUESTIONS``.
    """
    if len(poll.earlier_questions) >= MAX_EARLIER_QUESTIONS:
        raise PollEditedTooOftenError
    # The clock of another process may be ahead, but all votes so far are on this question.
    replaced_at = max(now, poll.tallied_at or now)
    record = {
        "question": question,
        "replacedAt": replaced_at.isoformat(),
        "editorId": str(editor_id),
    }
    poll.earlier_questions = [*poll.earlier_questions, record]


def store_earlier_questions(questions: Sequence[EarlierQuestion]) -> list[dict[str, str]]:
    """Return earlier questions of an imported poll, oldest first, as they are stored."""
    return [
        {
            "question": each.question,
            "replacedAt": each.replaced_at.isoformat(),
            "editorId": IMPORTED,
        }
        for each in questions
    ]


def earlier_questions(poll: Poll) -> tuple[EarlierQuestion, ...]:
    """Return the earlier questions, oldest first; no query."""
    return tuple(
        EarlierQuestion(
            question=record["question"], replaced_at=datetime.fromisoformat(record["replacedAt"])
        )
        for record in poll.earlier_questions
    )


def question_as_answered(poll: Poll, voted_at: datetime) -> str:
    """Return the question at the time when a vote was cast or last changed; no query."""
    for earlier in earlier_questions(poll):
        if voted_at <= earlier.replaced_at:
            return earlier.question
    return poll.question


def original_question(poll: Poll) -> str | None:
    """Return the first question that people voted on; None if it was not edited since."""
    return poll.earlier_questions[0]["question"] if poll.earlier_questions else None


def question_edited_at(poll: Poll) -> datetime | None:
    """Return when the question was last edited after voting began; None if never."""
    if not poll.earlier_questions:
        return None
    return datetime.fromisoformat(poll.earlier_questions[-1]["replacedAt"])
