"""How the poll endpoints stand in the OpenAPI document."""

from collections.abc import Callable
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter

from apikit.errors import (
    ApiError,
    AuthenticationRequiredError,
    GuestRefusedError,
    InvalidCursorError,
    PreconditionFailedError,
)
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from polls import errors, serializers, wire
from polls.examples import POLL

_ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description="The poll's revision, for `If-Match`. Votes don't change it, so it does not tell "
    "whether the results are still the same, and `If-None-Match` is ignored.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Change the poll only while its `ETag` is this one. A weak tag (`W/`) counts as "
    "the strong one, since proxies that compress make it weak.",
)
_CHANGE_REFUSALS: list[type[ApiError]] = [
    errors.PollNotFoundError,
    errors.NotPollOwnerError,
    errors.PollHiddenError,
    GuestRefusedError,
]

_read = partial(operation, tag="Polls", access="anybody")
_change = partial(operation, tag="Polls", is_write=True)

list_polls = _read(
    "listPolls",
    "Polls, newest first",
    description="Without a filter: the published ones that the caller may see. "
    "`published=false`: the caller's own drafts.",
    query=serializers.PollQuerySerializer,
    refusals=[AuthenticationRequiredError, InvalidCursorError],
    success={200: wire.PollList},
    example={
        "polls": [POLL],
        "pagination": ONE_PAGE,
    },
)
create_poll = _change(
    "createPoll",
    "Ask something",
    description="The poll is a draft unless `isPublished` is true. Each option is an object, or "
    "just its text. Guests cannot create polls.",
    body=serializers.PollCreateSerializer,
    body_example={
        "question": "Tea or coffee?",
        "options": [{"text": "Tea"}, {"text": "Coffee"}],
        "isPublished": True,
    },
    success={201: wire.ChangedPoll},
    example={"message": "Poll created successfully", "poll": POLL},
    parameters=[_ETAG],
    refusals=[GuestRefusedError],
)
get_poll = _read(
    "getPoll",
    "A poll",
    description="A draft, or a poll hidden by a moderator, is found by its creator and by staff "
    "alone. Counts are null while the results are hidden from the caller.",
    success={200: wire.OnePoll},
    example={"poll": POLL},
    parameters=[_ETAG],
    refusals=[errors.PollNotFoundError],
)
get_poll_by_code = _read(
    "getPollByCode",
    "The poll with a join code",
    description="Blanks and dashes in the code don't count, and its digits may be of any script.",
    success={200: wire.OnePoll},
    example={"poll": POLL},
    parameters=[_ETAG],
    refusals=[errors.PollNotFoundError],
)
delete_poll = _change(
    "deletePoll",
    "Delete a poll and its votes",
    description="In any state, by its creator. It cannot be undone.",
    success={200: Done},
    example={"message": "Poll deleted successfully"},
    parameters=[_IF_MATCH],
    refusals=[*_CHANGE_REFUSALS, PreconditionFailedError],
)


def update_poll(name: str) -> Callable[[Any], Any]:
    """PUT and PATCH do the same: they change the fields that are given."""
    return _change(
        name,
        "Change a poll",
        description="Only the fields given change. Once somebody has voted, the options, the "
        "kind and the number of choices stand.",
        body=serializers.PollChangeSerializer,
        body_example={"question": "Tea, or coffee?"},
        success={200: wire.ChangedPoll},
        example={"message": "Poll updated successfully", "poll": POLL},
        parameters=[_ETAG, _IF_MATCH],
        refusals=[
            *_CHANGE_REFUSALS,
            errors.PollClosedError,
            errors.PollHasVotesError,
            errors.PollEditedTooOftenError,
            PreconditionFailedError,
        ],
    )


duplicate_poll = _change(
    "duplicatePoll",
    "Ask the same again",
    description="A new draft of one's own with the same question, options and settings, and "
    "without votes. Times that have passed are left out.",
    success={201: wire.ChangedPoll},
    example={
        "message": "Poll duplicated successfully",
        "poll": POLL | {"state": "draft", "isPublished": False},
    },
    parameters=[_ETAG],
    refusals=_CHANGE_REFUSALS,
)


def move_poll(
    name: str, summary: str, done: str, *refusals: type[ApiError]
) -> Callable[[Any], Any]:
    """Publishing, closing and reopening."""
    return _change(
        name,
        summary,
        description="Twice is not an error.",
        success={200: wire.ChangedPoll},
        example={"message": f"Poll {done} successfully", "poll": POLL},
        parameters=[_ETAG, _IF_MATCH],
        refusals=[*_CHANGE_REFUSALS, *refusals, PreconditionFailedError],
    )


publish_poll = move_poll("publishPoll", "From draft to open", "published", errors.PollClosedError)
close_poll = move_poll("closePoll", "From open to closed", "closed", errors.PollNotPublishedError)
reopen_poll = move_poll(
    "reopenPoll", "From closed to open", "reopened", errors.PollNotPublishedError
)
