"""Errors of voting."""

from accounts.errors import AccountSuspendedError
from apikit.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    ServerUnavailableError,
    ValidationFailedError,
)
from polls.errors import PollClosedError, PollHiddenError, PollNotOpenError
from polls.kinds.base import BallotError
from polls.models import Option

# For a request with none or several of them.
EITHER = "Send either pollOptionId, pollOptionIds or answers."


class AlreadyVotedError(ConflictError):
    """One ballot per person. ``extra`` has the current one."""

    code = "vote.duplicate"
    message = "You have already voted in this poll."


class ChangeRefusedError(ConflictError):
    """Taking a vote back counts as a change, which this poll does not allow."""

    code = "vote.change_refused"
    message = "You have already voted, and votes in this poll can't be changed."


# For a guest that was merged into an account that has voted.
VOTED_WITH_ACCOUNT = (
    "You have already voted in this poll with the account that was signed in to here: "
    "sign in to it to see or change that vote."
)


class NoVoteError(NotFoundError):
    code = "vote.not_found"
    message = "You have not voted in this poll."


class OptionNotFoundError(NotFoundError):
    """The option does not exist, or belongs to a poll that the user cannot see."""

    code = "option.not_found"
    message = "There is no such option."


class UnknownOptionError(ValidationFailedError):
    code = "vote.unknown_option"
    message = "This option does not belong to this poll."


class TooManyChoicesError(ValidationFailedError):
    code = "vote.too_many_choices"
    message = "More options were chosen than this poll allows."


class TooFewChoicesError(ValidationFailedError):
    code = "vote.too_few_choices"
    message = "Fewer options were chosen than this poll requires."


class OptionFullError(ConflictError):
    """All places of the option are taken. ``extra`` names it, as ``option``."""

    code = "vote.option_full"
    message = "There are no places left for this option."

    @classmethod
    def of(cls, option: Option) -> "OptionFullError":
        """Return the error of an option."""
        return cls(
            f"There are no places left for “{option.text}”.",
            extra={"option": {"id": str(option.id), "text": option.text}},
        )


class NoDatesError(ConflictError):
    """The poll is of another kind than ``dates``."""

    code = "poll.no_dates"
    message = "Only polls about dates have a calendar."


class WriterBusyError(ServerUnavailableError):
    code = "vote.busy"
    message = "Too many votes are waiting just now: try again in a second."


class VoteInDoubtError(ServerUnavailableError):
    """Commit outcome unknown (timeout or lost connection); read the vote before retrying."""

    code = "vote.in_doubt"
    message = (
        "The vote may or may not have been counted: repeat it under the same Idempotency-Key, "
        "or read my-vote before you repeat it."
    )


# The errors that both API documents list: NOT_NOW for every operation on a ballot, CAST_REFUSALS
# for casting one.
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
    TooFewChoicesError,
    OptionFullError,
    BallotError,
    WriterBusyError,
    VoteInDoubtError,
)
