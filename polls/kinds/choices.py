"""Kinds whose ballots only name options: single and multiple choice, and questions (Q&A)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from apikit.errors import ValidationFailedError
from polls.kinds.base import (
    Answer,
    Answers,
    BallotError,
    Cell,
    Kind,
    SentAnswer,
    Settings,
    check_count,
    check_fields,
    check_options,
)


class _Choices(Kind):
    """Options without values. ``Option.vote_count`` is their only cell, so there are no others."""

    __slots__ = ()

    max_choices: ClassVar[int] = 50

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"option_id"})
        check_options(sent, self.option_ids)
        check_count(sent, self.max_choices, "option" if self.max_choices == 1 else "options")
        return tuple(Answer(each.option_id) for each in sent)

    def cells(self, answers: Answers) -> Counter[Cell]:
        return Counter()

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(SentAnswer(option_id=each.option_id) for each in answers)


class Single(_Choices):
    """One option."""

    __slots__ = ()

    name = "single"
    has_places = True
    max_choices = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleSettings(Settings):
    """``min_choices`` is how many options have to be chosen; ``maxChoices`` is the poll's."""

    min_choices: Annotated[int, Field(ge=1, le=50)] = 1


class Multiple(_Choices):
    """Several options."""

    __slots__ = ()

    name = "multiple"
    has_places = True
    settings_class = MultipleSettings

    @classmethod
    def check_settings(cls, settings: Any, option_count: int) -> None:
        if settings.min_choices > option_count:
            raise ValidationFailedError.of(
                "settings.minChoices", f"There are only {option_count} options."
            )

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        answers = _Choices.parse(self, sent)
        if len(answers) < self.settings.min_choices:
            least = self.settings.min_choices
            raise BallotError.of_ballot(f"Choose at least {least} options.")
        return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsSettings(Settings):
    """``needs_approval`` keeps questions of participants from others until the host shows them."""

    needs_approval: bool = False


class Questions(_Choices):
    """Questions of participants are options; a ballot votes for any of them."""

    __slots__ = ()

    name = "questions"
    settings_class = QuestionsSettings
    min_options = 0
