"""What hosts decide about texts and words. Cells stay as people voted."""

from datetime import datetime

from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from polls.decisions import TEXT, WORD, read_word_decisions
from polls.errors import NothingToDecideError, TextNotFoundError, TooManyDecisionsError
from polls.host_models import HostDecision, Verdict
from polls.kinds.decisions import MergeCycleError
from polls.kinds.open_text import MAX_CHARS
from polls.kinds.texts import TextError, clean
from polls.kinds.word_cloud import KEY_MAX_CHARS, word_key
from polls.models import Cell, Poll, PollKind
from polls.publishing import publish_vote_update
from polls.saving import raise_version

# Of one word cloud; every frame reads them.
MAX_WORD_DECISIONS = 200


def decide_text(
    poll: Poll, text: str, verdict: Verdict | None, *, actor: Actor, now: datetime
) -> bool:
    """Show or remove a text, or undo that with None; return whether anything changed.

    :raises NothingToDecideError: for another kind.
    :raises TextNotFoundError: if nobody sends this text.
    """
    if poll.kind != PollKind.OPEN_TEXT:
        raise NothingToDecideError
    key = _checked("text", text, MAX_CHARS, has_lines=True)
    if not Cell.objects.filter(poll=poll, group=TEXT, key=key, count__gt=0).exists():
        raise TextNotFoundError
    return _decide(poll, HostDecision(group=TEXT, key=key), verdict, actor, now)


def remove_word(poll: Poll, word: str, *, actor: Actor, now: datetime) -> bool:
    """Hide a word in all its spellings, now and in future; return whether anything changed.

    Words that count as it are hidden, too.

    :raises NothingToDecideError: for another kind.
    :raises TooManyDecisionsError: for more than ``MAX_WORD_DECISIONS``.
    """
    key = _key_of(poll, "word", word)
    _check_count(poll, key)
    return _decide(poll, HostDecision(group=WORD, key=key), Verdict.REMOVED, actor, now)


def restore_word(poll: Poll, word: str, *, actor: Actor, now: datetime) -> bool:
    """Undo what was decided about a word; return whether anything changed.

    :raises NothingToDecideError: for another kind.
    """
    key = _key_of(poll, "word", word)
    return _decide(poll, HostDecision(group=WORD, key=key), None, actor, now)


def merge_word(poll: Poll, word: str, into: str, *, actor: Actor, now: datetime) -> bool:
    """Count a word in all its spellings as another one; return whether anything changed.

    Words that count as it then count as that one, too.

    :raises NothingToDecideError: for another kind.
    :raises ValidationFailedError: for a word that would count as itself or as a removed one.
    :raises TooManyDecisionsError: for more than ``MAX_WORD_DECISIONS``.
    """
    key, text = _key_of(poll, "word", word), _checked("into", into, KEY_MAX_CHARS)
    decisions = read_word_decisions(poll.id)
    try:
        target = decisions.check_merge(key, _key_of(poll, "into", into))
    except MergeCycleError as error:
        raise ValidationFailedError.of("into", str(error)) from error
    _check_count(poll, key)
    text = decisions.texts.get(target, text)
    decision = HostDecision(group=WORD, key=key, target=target, target_text=text)
    chained = HostDecision.objects.filter(poll=poll, group=WORD, target=key)
    chained.update(target=target, target_text=text)
    return _decide(poll, decision, Verdict.MERGED, actor, now)


def _decide(
    poll: Poll, decision: HostDecision, verdict: Verdict | None, actor: Actor, now: datetime
) -> bool:
    """Replace the decision about a key in a locked poll, and publish the tally."""
    before = HostDecision.objects.filter(poll=poll, group=decision.group, key=decision.key).first()
    is_same = before is not None and (before.verdict, before.target) == (verdict, decision.target)
    if is_same or (before is None and verdict is None):
        return False
    if before is not None:
        before.delete()
    if verdict is not None:
        decision.poll, decision.verdict = poll, verdict
        decision.decided_at, decision.decided_by_id = now, actor.id
        decision.save(force_insert=True)
    raise_version(poll)
    publish_vote_update(poll)
    return True


def _key_of(poll: Poll, field: str, word: str) -> str:
    if poll.kind != PollKind.WORD_CLOUD:
        raise NothingToDecideError
    return word_key(_checked(field, word, KEY_MAX_CHARS))


def _checked(field: str, text: str, max_chars: int, *, has_lines: bool = False) -> str:
    try:
        text = clean(text, max_chars, has_lines=has_lines)
    except TextError as error:
        raise ValidationFailedError.of(field, str(error)) from error
    return text if has_lines else " ".join(text.split())


def _check_count(poll: Poll, key: str) -> None:
    decided = HostDecision.objects.filter(poll=poll, group=WORD).exclude(key=key)
    if decided.count() >= MAX_WORD_DECISIONS:
        raise TooManyDecisionsError
