"""What refusals say on a page: their stable code as a sentence that can be translated.

The ``message`` of an error is for programs' developers; this is for whoever holds the phone.
"""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikit.errors import ApiError

SENTENCES: dict[str, Promise] = {
    # Accounts
    "account.email_taken": _("There is an account with this email address already."),
    "account.not_found": _("There is no such person here."),
    "account.has_log": _("This person has acted as staff, and the log of that has to stay."),
    "account.suspended": _("This account is suspended. Ask whoever runs this site."),
    "auth.account_required": _("You need an account for this: sign in or register."),
    "auth.credentials": _("The email address or the password is wrong."),
    "auth.email_token_invalid": _(
        "This link is not valid any more. Request the change of your email address again."
    ),
    "auth.required": _("Sign in first."),
    "auth.reset_token_invalid": _("This link is not valid any more. Ask for a new one."),
    "auth.token_invalid": _("You have been signed out. Sign in again."),
    "auth.token_reused": _("You have been signed out. Sign in again."),
    # Polls
    "poll.closed": _("This poll is closed."),
    "poll.edited_too_often": _(
        "The question was edited too often since voting began. "
        "Duplicate the poll to ask something else."
    ),
    "poll.has_votes": _("People have voted already, so the options can’t be changed any more."),
    "poll.hidden": _("A moderator has hidden this poll."),
    "poll.not_found": _("There is no such poll."),
    "poll.not_open": _("This poll is not open yet."),
    "poll.not_owner": _("Only the person who created this poll can do this."),
    "poll.not_published": _("This poll is a draft. Publish it first."),
    "results.hidden": _("The results of this poll are hidden for now."),
    # Votes
    "option.not_found": _("This option is gone. Reload the page."),
    "vote.busy": _("Many people are voting just now. Try again in a second."),
    "vote.change_refused": _("You have voted already, and votes in this poll can’t be changed."),
    "vote.duplicate": _("You have voted already."),
    "vote.in_doubt": _("We don’t know whether your vote was counted. Reload the page to see."),
    "vote.not_found": _("You have not voted in this poll."),
    "vote.too_many_choices": _("That is more options than this poll allows."),
    "vote.unknown_option": _("This option is gone. Reload the page."),
    # The way there
    "conflict": _("This doesn’t fit how things stand now. Reload the page."),
    "cursor.invalid": _("That didn’t work. Reload the page and try again."),
    "forbidden": _("You are not allowed to do this."),
    "idempotency.key_reused": _("That didn’t work. Reload the page and try again."),
    "method_not_allowed": _("That didn’t work. Reload the page and try again."),
    "not_acceptable": _("That didn’t work. Reload the page and try again."),
    "not_found": _("There is nothing here."),
    "precondition_failed": _("Somebody changed this while you were at it. Reload the page."),
    "rate_limited": _("That was a bit much at once. Wait a moment, then try again."),
    "request.headers_too_large": _("That is too much to send at once."),
    "request.invalid": _("That didn’t work. Reload the page and try again."),
    "request.media_type": _("That didn’t work. Reload the page and try again."),
    "request.timeout": _("That didn’t work. Reload the page and try again."),
    "request.too_large": _("That is too much to send at once."),
    "server.error": _("Something went wrong on our side. Try again in a moment."),
    "server.in_doubt": _(
        "We don’t know whether that was done. Reload the page before you try again."
    ),
    "server.unavailable": _("We can’t do this just now. Try again in a moment."),
    "socket.too_many_topics": _("That didn’t work. Reload the page and try again."),
    "socket.unknown_command": _("That didn’t work. Reload the page and try again."),
    "validation": _("Some of this can’t be accepted. Look at what is marked."),
}


def sentence_of(error: ApiError) -> str:
    """What to tell a person of ``error``, in their language."""
    return sentence_of_code(error.code)


def sentence_of_code(code: str) -> str:
    """The sentence for a code; for one of a newer version, a general one."""
    return str(SENTENCES.get(code) or gettext("That didn’t work. Reload the page and try again."))


def sentences(codes: Iterable[str]) -> dict[str, str]:
    """Sentences by code, to hand to a script with ``json_script``."""
    return {code: sentence_of_code(code) for code in codes}


# What services say of a field, in English, is translated by the field; what Django's password
# validators say is translated already.
_OF_FIELDS: dict[str, Promise] = {
    "currentPassword": _("This is not your current password."),
}


def field_sentence(field: str, message: str) -> str:
    """What to tell a person of a field that a service refused."""
    return str(_OF_FIELDS.get(field, message))
