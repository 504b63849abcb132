"""What can be refused about polls."""

from apikit.errors import ConflictError, ForbiddenError, NotFoundError


class PollNotFoundError(NotFoundError):
    """No such poll, or none the asker may see."""

    code = "poll.not_found"
    message = "There is no such poll."


class PollClosedError(ConflictError):
    code = "poll.closed"
    message = "This poll is closed."


class PollNotOpenError(ConflictError):
    """A draft, or a poll whose time to open has not come."""

    code = "poll.not_open"
    message = "This poll is not open yet."


class PollNotPublishedError(ConflictError):
    code = "poll.not_published"
    message = "This poll is a draft: publish it first."


class PollHasVotesError(ConflictError):
    """Options, kind and number of choices stand once somebody has voted."""

    code = "poll.has_votes"
    message = "People have voted already, so the options can't be changed any more."


class PollEditedTooOftenError(ConflictError):
    """Each wording that people voted on is kept, so there is a bound on how many there are."""

    code = "poll.edited_too_often"
    message = (
        "The question was edited too often since voting began. "
        "Duplicate the poll to ask something else."
    )


class PollHiddenError(ConflictError):
    """Told to the creator only; to others a hidden poll is not there."""

    code = "poll.hidden"
    message = "A moderator has hidden this poll."


class NotPollOwnerError(ForbiddenError):
    code = "poll.not_owner"
    message = "Only who created this poll, or a moderator, can do this."


class ResultsHiddenError(ForbiddenError):
    code = "results.hidden"
    message = "The results of this poll are hidden from you for now."
