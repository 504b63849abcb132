"""Translated texts for the script of a discussion."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.models import PollKind
from web.forms.kinds.registry import kind_name
from web.messages import sentences
from web.notice_texts import notice_texts, voters_text
from web.voter_texts import hidden_notes, phase_badges

REFUSALS = (
    "account.suspended",
    "auth.required",
    "auth.token_invalid",
    "idempotency.key_reused",
    "message.deleted",
    "message.not_author",
    "message.not_found",
    "message.too_many_edits",
    "poll.closed",
    "poll.not_found",
    "poll.not_open",
    "rate_limited",
    "request.invalid",
    "room.announcement_only",
    "room.banned",
    "room.muted",
    "room.not_found",
    "room.not_member",
    "room.not_owner",
    "room.slow_mode",
    "server.error",
    "server.unavailable",
    "socket.too_many_topics",
    "validation",
    "vote.change_refused",
    "vote.duplicate",
    "vote.option_full",
    "vote.too_few_choices",
    "vote.too_many_choices",
    "vote.unknown_option",
)

# A number for each CLDR plural category. ``Intl.PluralRules`` never returns a category that the
# language lacks.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def discussion_texts() -> dict[str, Any]:
    """Sentences by name; the script fills in their ``{places}``."""
    return {
        **_message_texts(),
        **_people_texts(),
        **_card_texts(),
        "offline": _("You’re offline. Messages will be sent when you’re back online."),
        "ended": _("Not connected"),
        "left": _("You no longer have access to this room."),
        "refusals": sentences(REFUSALS),
    }


def connection_texts() -> dict[str, str]:
    """The states of the connection, for the page of a room."""
    return {
        "connecting": _("Connecting …"),
        "live": _("Live"),
        "offline": _("Offline"),
        "ended": _("Not connected"),
    }


def reactions() -> list[tuple[str, str]]:
    """The emoji that the page offers, and their names."""
    return [
        ("👍", _("Thumbs up")),
        ("❤️", _("Heart")),
        ("😂", _("Laughing")),
        ("🎉", _("Celebrating")),
        ("🤔", _("Thinking")),
        ("👎", _("Thumbs down")),
    ]


def _message_texts() -> dict[str, Any]:
    return {
        "you": _("You"),
        "deletedAccount": _("Deleted account"),
        "deleted": _("This message was deleted."),
        "inReplyTo": _("{name}: {quote}"),
        "inReply": _("Reply to an earlier message"),
        "actionsFor": _("Actions for the message by {name}"),
        "replies": _plurals(lambda count: ngettext("{count} reply", "{count} replies", count)),
        "newMessages": _plurals(
            lambda count: ngettext("{count} new message", "{count} new messages", count)
        ),
        "sending": _("Sending …"),
        "send": _("Send"),
        "save": _("Save"),
        "editing": _("Editing your message"),
        "replyingTo": _("Replying to {name}"),
        "length": _("{count} of {max} characters"),
        "system": notice_texts(),
    }


def _people_texts() -> dict[str, Any]:
    return {
        "present": _plurals(lambda count: ngettext("{count} here", "{count} here", count)),
        "otherPeople": _plurals(
            lambda count: ngettext("and {count} other person", "and {count} other people", count)
        ),
        "away": pgettext("status", "Away"),
        "busy": pgettext("status", "Busy"),
        "typingOne": _("{name} is writing …"),
        "typingTwo": _("{one} and {other} are writing …"),
        "typingMany": _plurals(
            lambda count: ngettext(
                "{count} person is writing …", "{count} people are writing …", count
            )
        ),
        "muted": _("{name} can’t write here for an hour."),
        "removed": _("{name} was removed from the room."),
    }


def _card_texts() -> dict[str, Any]:
    return {
        **{f"phase-{phase}": name for phase, name in phase_badges().items()},
        "kinds": {kind: kind_name(kind) for kind in PollKind.values},
        "hiddenNotes": hidden_notes(),
        "note-draft": _("This is a draft. Publish it to let people vote."),
        "note-hidden": _("A moderator has hidden this poll. Others can’t see it."),
        "opensOn": _("Voting opens on {time}."),
        "voteHere": _("Vote here"),
        "answerHere": _("Answer here"),
        "askHere": _("Ask or vote here"),
        "showVote": _("Show your vote"),
        "showResults": _("Show results"),
        "closeBallot": pgettext("dialog", "Close"),
        "pollGone": _("This poll is no longer available"),
        "unreachable": _("Can’t reach the server. Try again in a moment."),
        "chooseFirst": _("Choose an option first."),
        "tooMany": _plurals(
            lambda count: ngettext(
                "Choose up to {count} option.", "Choose up to {count} options.", count
            )
        ),
        "voters": _plurals(voters_text),
    }


def _plurals(text: Callable[[int], str]) -> dict[str, str]:
    return {category: text(example) for category, example in _EXAMPLES.items()}
