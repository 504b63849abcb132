"""Decisions of hosts: the only way to write them, for REST, sockets, pages and the admin."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from polls import option_decisions, text_decisions
from polls.activity import record_poll
from polls.errors import NothingToDecideError
from polls.host_models import Verdict
from polls.host_selectors import count_pending
from polls.host_wire import Decided, HostAction, HostChoice, Subject
from polls.locking import lock_poll_for_change
from polls.models import Poll

_SUBJECTS: Mapping[str, Subject] = {
    "suggestion_id": "suggestion",
    "option_id": "option",
    "text": "text",
    "word": "word",
}


def decide(*, actor: Actor, poll_id: UUID, choice: HostChoice) -> Decided:
    """Decide about a suggestion, an option, a text or a word; repeating it is not an error.

    A decision that changes what people see raises the poll's version or revision. Recorded in the
    activity of the project, without the text, which is a participant's.

    :raises ApiError: what ``lock_poll_for_change`` raises.
    :raises ValidationFailedError: unless it is about exactly one thing.
    :raises NothingToDecideError: for an action that does not exist for it, or not in this kind.
    :raises ApiError: what ``polls.option_decisions`` and ``polls.text_decisions`` raise.
    """
    subject = _subject_of(choice)
    with transaction.atomic():
        poll, now = lock_poll_for_change(actor, poll_id), timezone.now()
        has_changed = _decide(poll, choice, actor, now)
        if has_changed:
            after = {"action": choice.action, "subject": subject}
            record_poll(poll, "poll.moderated", actor=actor, after=after)
        return Decided(message="Decided", changed=has_changed, pending=count_pending(poll))


def _subject_of(choice: HostChoice) -> Subject:
    sent = [each.name for each in fields(choice) if getattr(choice, each.name) is not None]
    subjects = [_SUBJECTS[name] for name in sent if name in _SUBJECTS]
    if len(subjects) != 1:
        raise ValidationFailedError.of(
            "action", "Send exactly one of suggestionId, optionId, text and word."
        )
    if (choice.into is not None) != (choice.action == "merge"):
        raise ValidationFailedError.of("into", "Needed for merge, and only there.")
    return subjects[0]


def _decide(poll: Poll, choice: HostChoice, actor: Actor, now: datetime) -> bool:
    if choice.suggestion_id is not None:
        return _decide_suggestion(poll, choice.action, choice.suggestion_id, now)
    if choice.option_id is not None:
        return _decide_option(poll, choice.action, choice.option_id, now)
    if choice.text is not None:
        verdicts = {"approve": Verdict.SHOWN, "remove": Verdict.REMOVED, "restore": None}
        if choice.action not in verdicts:
            raise NothingToDecideError
        verdict = verdicts[choice.action]
        return text_decisions.decide_text(poll, choice.text, verdict, actor=actor, now=now)
    return _decide_word(poll, choice, actor, now)


def _decide_suggestion(poll: Poll, action: HostAction, suggestion_id: UUID, now: datetime) -> bool:
    if action == "approve":
        option_decisions.approve_suggestion(poll, suggestion_id, now)
    elif action == "refuse":
        option_decisions.refuse_suggestion(poll, suggestion_id, now)
    else:
        raise NothingToDecideError
    return True


def _decide_option(poll: Poll, action: HostAction, option_id: UUID, now: datetime) -> bool:
    match action:
        case "pin" | "unpin":
            is_pinned = action == "pin"
            return option_decisions.pin_question(poll, option_id, now, is_pinned=is_pinned)
        case "answer" | "reopen":
            is_answered = action == "answer"
            return option_decisions.answer_question(poll, option_id, now, is_answered=is_answered)
        case "remove":
            return option_decisions.remove_option(poll, option_id, now)
        case "restore":
            return option_decisions.restore_option(poll, option_id, now)
        case _:
            raise NothingToDecideError


def _decide_word(poll: Poll, choice: HostChoice, actor: Actor, now: datetime) -> bool:
    assert choice.word is not None
    match choice.action:
        case "merge":
            assert choice.into is not None
            return text_decisions.merge_word(poll, choice.word, choice.into, actor=actor, now=now)
        case "remove":
            return text_decisions.remove_word(poll, choice.word, actor=actor, now=now)
        case "restore":
            return text_decisions.restore_word(poll, choice.word, actor=actor, now=now)
        case _:
            raise NothingToDecideError
