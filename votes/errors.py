"""What can be refused to a vote."""

from accounts.errors import AccountSuspendedError
from apikit.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    ServerUnavailableError,
    ValidationFailedError,
)
from polls.errors import PollClosedError, PollHiddenError, PollNotOpenError


class AlreadyVotedError(ConflictError):
    """One ballot per person: this one stands. ``extra`` shows it."""

    code = "vote.duplicate"
    message = "You have already voted in this poll."


class ChangeRefusedError(ConflictError):
    """Taking a vote back is a change, which this poll doesn't allow."""

    code = "vote.change_refused"
    message = "You have already voted, and votes in this poll can't be changed."


# To a guest that was merged into an account whose ballot stands.
VOTED_WITH_ACCOUNT = (
    "You have already voted in this poll with the account that was signed in to here: "
    "sign in to it to see or change that vote."
)


class NoVoteError(NotFoundError):
    code = "vote.not_found"
    message = "You have not voted in this poll."


class OptionNotFoundError(NotFoundError):
    """No such option, or one of a poll the asker may not see."""

    code = "option.not_found"
    message = "There is no such option."


class UnknownOptionError(ValidationFailedError):
    code = "vote.unknown_option"
    message = "This option does not belong to this poll."


class TooManyChoicesError(ValidationFailedError):
    code = "vote.too_many_choices"
    message = "More options were chosen than this poll allows."


class WriterBusyError(ServerUnavailableError):
    code = "vote.busy"
    message = "Too many votes are waiting just now: try again in a second."


class VoteInDoubtError(ServerUnavailableError):
    """No answer in time, or the connection broke at the commit: the outcome is unknown."""

    code = "vote.in_doubt"
    message = (
        "The vote may or may not have been counted: repeat it under the same Idempotency-Key, "
        "or read my-vote before you repeat it."
    )


# What both documents list: whatever one does with a ballot may be refused with the first,
# casting one with all of them.
NOT_NOW: tuple[type[ApiError], ...] = (
    PollClosedError,
    PollNotOpenError,
    PollHiddenError,
    AccountSuspendedError,
)
CAST_REFUSALS: tuple[type[ApiError], ...] = (
    *NOT_NOW,
    AlreadyVotedError,
    UnknownOptionError,
    TooManyChoicesError,
    WriterBusyError,
    VoteInDoubtError,
)
