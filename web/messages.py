"""Translated error messages for pages, by the stable code of the error.

The ``message`` of an ApiError is for developers of API clients; these sentences are for users.
"""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikit.errors import ApiError

SENTENCES: dict[str, Promise] = {
    # Accounts
    "account.email_taken": _("An account with this email address already exists."),
    "account.not_found": _("This person doesn’t exist."),
    "account.has_log": _("This person has acted as staff, so their log entries must be kept."),
    "account.suspended": _("This account is suspended. Contact the site’s administrators."),
    "auth.account_required": _("Sign in or create an account to do this."),
    "auth.credentials": _("Wrong email address or password."),
    "auth.email_token_invalid": _(
        "This link is no longer valid. Change your email address again to get a new one."
    ),
    "auth.required": _("Sign in to continue."),
    "auth.reset_token_invalid": _("This link is no longer valid. Request a new one."),
    "auth.sign_in_again": _("Sign in again to do this."),
    "auth.token_invalid": _("You’ve been signed out. Sign in again."),
    "auth.token_reused": _("You’ve been signed out. Sign in again."),
    # Polls
    "poll.closed": _("This poll is closed."),
    "poll.edited_too_often": _(
        "The question has been edited too many times since voting began. "
        "Duplicate the poll to ask something else."
    ),
    "poll.has_votes": _("People have already voted, so the options can’t be changed."),
    "poll.hidden": _("A moderator has hidden this poll."),
    "poll.no_dates": _("Not found."),
    "poll.not_found": _("This poll doesn’t exist."),
    "poll.not_open": _("This poll is not open yet."),
    "poll.not_owner": _("Only the poll’s creator can do this."),
    "poll.not_published": _("This poll is a draft. Publish it first."),
    "picture.invalid": _("This picture can’t be read. Choose a PNG, JPEG, WebP or GIF file."),
    "picture.not_found": _("This picture is no longer there. Choose it again."),
    "picture.too_large": _("This picture is too large. Choose a smaller one."),
    "picture.too_many": _("You have too many pictures. Delete polls that you no longer need."),
    "decision.not_for_this_kind": _("This isn’t possible in this poll."),
    "decision.too_many": _("You’ve decided about as many as possible. Undo some decisions first."),
    "option.exists": _("This is there already."),
    "option.not_taken": _("You can’t add anything to this poll."),
    "option.too_many": _("There is no room for more here."),
    "option.too_many_own": _("You’ve added as many as you can for now."),
    "poll_option.not_found": _("This option no longer exists. Reload the page."),
    "suggestion.not_found": _("Somebody else has decided about this."),
    "text.not_found": _("This answer was changed or taken back."),
    "results.hidden": _("The results of this poll are hidden for now."),
    # Votes
    "option.not_found": _("This option no longer exists. Reload the page."),
    "vote.busy": _("Many people are voting right now. Try again in a second."),
    "vote.change_refused": _("You’ve already voted, and votes in this poll can’t be changed."),
    "vote.duplicate": _("You’ve already voted."),
    "vote.in_doubt": _("We don’t know whether your vote was counted. Reload the page to check."),
    "vote.not_found": _("You haven’t voted in this poll."),
    "vote.invalid_answers": _("These answers don’t fit the poll. Reload the page and try again."),
    "vote.option_full": _("No places are left there. Choose another option."),
    "vote.too_few_choices": _("Choose more options: this poll asks for several."),
    "vote.too_many_choices": _("You’ve chosen more options than this poll allows."),
    "vote.unknown_option": _("This option no longer exists. Reload the page."),
    # Rooms and messages
    "lobby.id_taken": _("That didn’t work. Reload the page and try again."),
    "message.busy": _("Many people are writing right now. Try again in a second."),
    "message.deleted": _("This message was deleted."),
    "message.too_many_edits": _("This message has been edited too often. Write a new one."),
    "message.in_doubt": _("We don’t know whether your message was sent. Reload the page to check."),
    "message.not_author": _("You can’t change this message."),
    "message.not_found": _("This message doesn’t exist."),
    "room.already_member": _("This person is already a member."),
    "room.announcement_only": _("Only moderators can write here at the moment."),
    "room.banned": _("You’ve been removed from this room."),
    "room.kind": _("This isn’t possible in this room."),
    "room.last_owner": _("You’re the only owner. Make someone else an owner first."),
    "room.muted": _("You can’t write here at the moment."),
    "room.not_found": _("This room doesn’t exist."),
    "room.not_joined": _("That didn’t work. Reload the page and try again."),
    "room.not_member": _("Join this room first."),
    "room.not_owner": _("Only the room’s owner can do this."),
    "room.slow_mode": _("Slow mode is on. Wait a moment before you write again."),
    # Teams
    "invitation.expired": _("This invitation has expired. Ask for a new one."),
    "invitation.not_found": _(
        "There is no such invitation. It may have been withdrawn or answered already."
    ),
    "invitation.other_address": _(
        "This invitation is for another email address. Sign in with the account that has it."
    ),
    "member.not_found": _("This person isn’t a member."),
    "project.event_too_large": _("The request is too large."),
    "project.full": _("This project has reached its maximum size."),
    "project.last_owner": _("A project needs an owner. Make someone else an owner first."),
    "project.not_allowed": _("Your role in this project doesn’t allow this."),
    "project.not_found": _("This project doesn’t exist."),
    "project.not_joined": _("That didn’t work. Reload the page and try again."),
    "project.place_not_found": _("That didn’t work. Reload the page and try again."),
    "project.too_many_events": _("That didn’t work. Reload the page and try again."),
    "project.too_many": _("You have as many projects as one account can have."),
    "workspace.archived": _("This workspace is archived. Restore it first."),
    "workspace.not_found": _("This workspace doesn’t exist."),
    # Jobs
    "archive.invalid": _("This file isn’t a valid archive of a workspace."),
    "job.failed": _("Something went wrong on our end."),
    "job.finished": _("This job has finished already."),
    "job.no_result": _("This job has no result."),
    "job.not_finished": _("This job hasn’t finished yet."),
    "job.not_found": _("This job doesn’t exist."),
    "job.not_retryable": _("Only a job that failed or was cancelled can be retried."),
    "job.owner_gone": _("The account that created this job is suspended."),
    "job.programs_unavailable": _("This site can’t run programs. Tell its operator."),
    "job.result_too_large": _("The result is too large."),
    "job.timed_out": _("The job took too long and was stopped."),
    "job.too_many": _("Too many of your jobs are waiting. Try again later."),
    "job.type_disabled": _("This is turned off on this site."),
    "job.worker_lost": _("The job was interrupted too often."),
    "file.invalid_rows": _("Some rows of the file are wrong, so nothing was imported."),
    "file.unreadable": _("The file can’t be read."),
    "upload.not_found": _("The file is no longer there. Choose it again."),
    "upload.too_large": _("The file is too large."),
    "upload.too_many": _("You’ve uploaded too many files today. Try again later."),
    # Webhooks
    "webhook.blocked": _("A moderator has turned off this webhook."),
    "webhook.delivery_not_found": _("This delivery no longer exists."),
    "webhook.delivery_pending": _("This is waiting to be sent already."),
    "webhook.disabled": _("This webhook is turned off. Turn it on first."),
    "webhook.not_found": _("This webhook doesn’t exist."),
    "webhook.too_many": _("There are too many webhooks. Delete one first."),
    "webhook.too_many_pending": _("Too many events are waiting for this webhook."),
    # The way there
    "conflict": _("This has changed in the meantime. Reload the page."),
    "cursor.invalid": _("That didn’t work. Reload the page and try again."),
    "forbidden": _("You don’t have permission to do this."),
    "idempotency.key_reused": _("That didn’t work. Reload the page and try again."),
    "method_not_allowed": _("That didn’t work. Reload the page and try again."),
    "not_acceptable": _("That didn’t work. Reload the page and try again."),
    "not_found": _("Not found."),
    "precondition_failed": _("Someone else has changed this in the meantime. Reload the page."),
    "rate_limited": _("Too many requests. Wait a moment, then try again."),
    "request.headers_too_large": _("The request is too large."),
    "request.invalid": _("That didn’t work. Reload the page and try again."),
    "request.media_type": _("That didn’t work. Reload the page and try again."),
    "request.timeout": _("That didn’t work. Reload the page and try again."),
    "request.too_large": _("The request is too large."),
    "server.error": _("Something went wrong on our end. Try again in a moment."),
    "server.in_doubt": _(
        "This may or may not have been saved. Reload the page before you try again."
    ),
    "server.unavailable": _("This isn’t available right now. Try again in a moment."),
    "socket.too_many_topics": _("That didn’t work. Reload the page and try again."),
    "socket.unknown_command": _("That didn’t work. Reload the page and try again."),
    "validation": _("Check the highlighted fields and try again."),
}


def sentence_of(error: ApiError) -> str:
    """Returns the sentence for ``error`` in the current language."""
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
    "currentPassword": _("Wrong current password."),
    "url": _("Enter a URL that begins with https:// and can be reached publicly."),
}


def field_sentence(field: str, message: str) -> str:
    """Returns the sentence for a field that a service refused."""
    return str(_OF_FIELDS.get(field, message))
