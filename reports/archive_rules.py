"""Rules of the lines of an archive that need no other line."""

from collections.abc import Iterator

from apikit.text import has_control_characters, is_invisible
from polls.embedding import settle_embed_origins
from polls.host_models import DecisionGroup, Verdict
from polls.kinds.registry import CHOICES, KINDS
from polls.models import PollKind
from polls.option_decisions import MAX_REMOVED
from polls.rules import (
    CONTROL_CHARACTERS,
    check_limits,
    check_options,
    check_participant_options,
    check_question,
    check_times,
    find_problem_of_option,
    settle_max_choices,
)
from reports.archive_format import ArchivedOption, DecisionLine, PollLine, SuggestionLine

# The kinds of polls with texts or words about which hosts decide.
_DECIDED = {DecisionGroup.TEXT: PollKind.OPEN_TEXT, DecisionGroup.WORD: PollKind.WORD_CLOUD}


def check_poll(line: PollLine) -> None:
    """Check the fields of a poll.

    :raises ValueError, ValidationFailedError: if it breaks a rule of polls.
    """
    for question in (line.question, *(each.question for each in line.earlier_questions)):
        check_question(question)
        if is_invisible(question):
            raise ValueError("question: This field may not be blank.")
    _check_options(line)
    check_times(line.opens_at, line.closes_at)
    settle_max_choices(line.kind, line.max_choices, len(line.options), line.participant_options)
    check_participant_options(line.kind, line.participant_options)
    _check_pictures(line)
    settle_embed_origins(line.embed_origins)


def check_decision(line: DecisionLine, kind: PollKind) -> None:
    """Check a decision about a text or word of a poll of this kind.

    :raises ValueError: if there cannot be such a decision.
    """
    if kind != _DECIDED[line.group]:
        raise ValueError(f"group: There is no {line.group} in polls of this kind.")
    is_merge = line.verdict == Verdict.MERGED
    if is_merge != (line.group == DecisionGroup.WORD and bool(line.target)):
        raise ValueError("target: Only merged words have one.")
    if line.verdict == Verdict.SHOWN and line.group == DecisionGroup.WORD:
        raise ValueError("verdict: Words are removed or merged.")
    texts = line.key, line.target, line.target_text
    if any(has_control_characters(text, allowed="\n") for text in texts):
        raise ValueError("key: Control characters are not allowed.")


def check_suggestion(line: SuggestionLine, kind: PollKind) -> None:
    """Check an option that waits for the host of a poll of this kind.

    :raises ValueError: if there cannot be such a suggestion.
    """
    if kind not in CHOICES:
        raise ValueError("Participants cannot add options to polls of this kind.")
    if (problem := find_problem_of_option(line.text)) is not None:
        raise ValueError(f"text: {problem}")


def details_of(line: PollLine) -> tuple[ArchivedOption, ...]:
    """Return what the options of a poll have besides their texts, one for each option."""
    return line.option_details or (ArchivedOption(),) * len(line.options)


def pictures_of(line: PollLine) -> Iterator[str]:
    """Yield the names of the pictures of a poll and its options."""
    names = line.picture, *(each.picture for each in line.option_details)
    yield from (name for name in names if name is not None)


def _check_options(line: PollLine) -> None:
    if line.option_details and len(line.option_details) != len(line.options):
        raise ValueError("optionDetails: Must be empty, or one for each option.")
    details = details_of(line)
    check_options(
        [text for text, each in zip(line.options, details, strict=True) if each.removed_at is None],
        line.kind,
    )
    # Also the texts of removed ones.
    for index, text in enumerate(line.options):
        if (problem := find_problem_of_option(text)) is not None:
            raise ValueError(f"options.{index}: {problem}")
    check_limits(line.kind, [each.limit for each in details])
    is_asked = line.kind == PollKind.QUESTIONS
    if not is_asked and any(each.is_pinned or each.answered_at for each in details):
        raise ValueError("optionDetails: Only questions are pinned or answered.")
    removed = [each for each in details if each.removed_at is not None]
    may_be_removed = line.kind in CHOICES and (is_asked or all(each.added_at for each in removed))
    if removed and not may_be_removed:
        raise ValueError("optionDetails: Only options of participants are removed.")
    if len(removed) > MAX_REMOVED:
        raise ValueError(f"optionDetails: At most {MAX_REMOVED} can be removed.")


def _check_pictures(line: PollLine) -> None:
    if line.picture is not None and not KINDS[line.kind].has_picture:
        raise ValueError("picture: Only hotspots have a picture.")
    for alt in (line.picture_alt, *(each.picture_alt for each in line.option_details)):
        if has_control_characters(alt):
            raise ValueError(f"pictureAlt: {CONTROL_CHARACTERS}")
