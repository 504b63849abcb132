"""Errors about polls."""

from apikit.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RequestTooLargeError,
    ValidationFailedError,
)


class PollNotFoundError(NotFoundError):
    """The poll does not exist, or the client may not see it."""

    code = "poll.not_found"
    message = "There is no such poll."


class PollClosedError(ConflictError):
    code = "poll.closed"
    message = "This poll is closed."


class PollNotOpenError(ConflictError):
    """The poll is a draft, or opens later."""

    code = "poll.not_open"
    message = "This poll is not open yet."


class PollNotPublishedError(ConflictError):
    code = "poll.not_published"
    message = "This poll is a draft. Publish it first."


class PollHasVotesError(ConflictError):
    """Options, kind and number of choices cannot change once somebody has voted."""

    code = "poll.has_votes"
    message = "People have already voted, so the options can no longer be changed."


class PollEditedTooOftenError(ConflictError):
    """Every question that people voted on is kept, so their number is bounded."""

    code = "poll.edited_too_often"
    message = (
        "The question was edited too often since voting began. "
        "Duplicate the poll to ask a different question."
    )


class PollHiddenError(ConflictError):
    """Raised for the creator only; for others a hidden poll does not exist."""

    code = "poll.hidden"
    message = "A moderator has hidden this poll."


class NotPollOwnerError(ForbiddenError):
    code = "poll.not_owner"
    message = "Only the creator of this poll or a moderator can do this."


class ResultsHiddenError(ForbiddenError):
    code = "results.hidden"
    message = "The results of this poll are currently hidden from you."


class PictureInvalidError(ValidationFailedError):
    """The file is no picture that is supported, or a broken one."""

    code = "picture.invalid"
    message = "This is no picture that can be read: send a PNG, JPEG, WebP or GIF."


class PictureTooLargeError(RequestTooLargeError):
    """The file exceeds ``PICTURE_MAX_BYTES``, or has too many pixels."""

    code = "picture.too_large"
    message = "The picture is too large: send a smaller file, of at most 40 megapixels."


class TooManyPicturesError(ConflictError):
    """The account has ``PICTURES_PER_OWNER`` pictures."""

    code = "picture.too_many"
    message = (
        "You have too many pictures. Delete polls that use some, or wait: unused pictures are "
        "deleted after a day."
    )


class PictureNotFoundError(NotFoundError):
    code = "picture.not_found"
    message = "There is no such picture."
