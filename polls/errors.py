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


class OptionsNotTakenError(ConflictError):
    """The poll does not let participants add options."""

    code = "option.not_taken"
    message = "Participants cannot add options to this poll."


class OptionExistsError(ConflictError):
    """An option with a text that looks the same is there, was removed, or waits for approval."""

    code = "option.exists"
    message = "This option exists already."


class TooManyOptionsError(ConflictError):
    code = "option.too_many"
    message = "This poll has as many options as it can have."


class TooManyOwnOptionsError(ConflictError):
    """A person has added as many options to a poll as one can, or as many wait for approval."""

    code = "option.too_many_own"
    message = "You have added as many options as you can for now."


class SuggestionNotFoundError(NotFoundError):
    code = "suggestion.not_found"
    message = "This suggestion is gone: somebody has decided about it."


class PollOptionNotFoundError(NotFoundError):
    code = "poll_option.not_found"
    message = "There is no such option in this poll."


class TextNotFoundError(NotFoundError):
    """Nobody sends this text, or not any more."""

    code = "text.not_found"
    message = "There is no such answer: it may have been changed or taken back."


class NothingToDecideError(ConflictError):
    """The kind of the poll has nothing of this sort."""

    code = "decision.not_for_this_kind"
    message = "This cannot be decided in a poll of this kind."


class TooManyDecisionsError(ConflictError):
    code = "decision.too_many"
    message = "You have removed or merged as many as you can. Undo some of these first."


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
