"""Descriptions of the poll endpoints for the OpenAPI document."""

from collections.abc import Callable
from functools import partial
from typing import Any

from apikit.errors import (
    ApiError,
    AuthenticationRequiredError,
    GuestRefusedError,
    InvalidCursorError,
    PreconditionFailedError,
)
from apikit.etag_docs import IF_MATCH, etag_header
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from polls import errors, serializers, wire
from polls.examples import POLL
from polls.kind_examples import KIND_EXAMPLES
from workspaces.errors import (
    ActionNotAllowedError,
    WorkspaceArchivedError,
    WorkspaceNotFoundError,
)

_ETAG = etag_header(
    "The poll's revision, for `If-Match`. Votes do not change it, so it does not show "
    "whether the results have changed; `If-None-Match` is ignored."
)
_CHANGE_REFUSALS: list[type[ApiError]] = [
    errors.PollNotFoundError,
    errors.NotPollOwnerError,
    errors.PollHiddenError,
    ActionNotAllowedError,
    GuestRefusedError,
]
_WORKSPACE_REFUSALS: list[type[ApiError]] = [WorkspaceNotFoundError, WorkspaceArchivedError]

_read = partial(operation, tag="Polls", auth="optional")
_change = partial(operation, tag="Polls", is_write=True)

list_polls = _read(
    "listPolls",
    "List polls",
    description="Newest first. Without a filter: published polls that you can see. "
    "`published=false` lists your own drafts. With `workspace` or `project`: all polls there, "
    "drafts too, if you are a member. Filters can be combined.",
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
    "Create a poll",
    description="Creates a draft unless `isPublished` is true. An option is an object or just its "
    "text. Guests cannot create polls. With `workspaceId` the poll belongs to the project of the "
    "workspace: the roles of its members decide who may change it, and yours must allow you to "
    "create polls.",
    body=serializers.PollCreateSerializer,
    body_example={
        "question": "Tea or coffee?",
        "options": [{"text": "Tea"}, {"text": "Coffee"}],
        "isPublished": True,
    },
    body_examples={
        kind: {**body, "isPublished": True} for kind, (body, _) in KIND_EXAMPLES.items()
    },
    success={201: wire.ChangedPoll},
    example={"message": "Poll created successfully", "poll": POLL},
    parameters=[_ETAG],
    refusals=[GuestRefusedError, ActionNotAllowedError, *_WORKSPACE_REFUSALS],
)
get_poll = _read(
    "getPoll",
    "Get a poll",
    description="Only its creator and staff, or the members of its project, can see a draft, or a "
    "poll hidden by a moderator. Counts are null while the results are hidden from you.",
    success={200: wire.OnePoll},
    example={"poll": POLL},
    parameters=[_ETAG],
    refusals=[errors.PollNotFoundError],
)
get_poll_by_code = _read(
    "getPollByCode",
    "Get a poll by its join code",
    description="Spaces and dashes in the code are ignored, and digits of any script are accepted.",
    success={200: wire.OnePoll},
    example={"poll": POLL},
    parameters=[_ETAG],
    refusals=[errors.PollNotFoundError],
)
delete_poll = _change(
    "deletePoll",
    "Delete a poll",
    description="Deletes the poll with its votes, in any state. This cannot be undone.",
    success={200: Done},
    example={"message": "Poll deleted successfully"},
    parameters=[IF_MATCH],
    refusals=[*_CHANGE_REFUSALS, PreconditionFailedError],
)


def update_poll(name: str, summary: str) -> Callable[[Any], Any]:
    """Describe PUT or PATCH, which do the same."""
    return _change(
        name,
        summary,
        description="Changes the fields that you send, with PUT as with PATCH. Once somebody has "
        "voted, the options, `kind` and `maxChoices` can no longer be changed.\n\n"
        "`workspaceId` moves the poll: to another workspace of its project, into a project where "
        "you may create polls, or out of its project with null, which only owners of the project "
        "can do. It then belongs to the owner who moved it.",
        body=serializers.PollChangeSerializer,
        body_example={"question": "Tea, or coffee?"},
        success={200: wire.ChangedPoll},
        example={"message": "Poll updated successfully", "poll": POLL},
        parameters=[_ETAG, IF_MATCH],
        refusals=[
            *_CHANGE_REFUSALS,
            errors.PollClosedError,
            errors.PollHasVotesError,
            errors.PollEditedTooOftenError,
            *_WORKSPACE_REFUSALS,
            PreconditionFailedError,
        ],
    )


duplicate_poll = _change(
    "duplicatePoll",
    "Duplicate a poll",
    description="Creates a draft of your own with the same question, options and settings, without "
    "votes. Opening and closing times that have passed are left out. A poll of a project is "
    "duplicated in its workspace.",
    success={201: wire.ChangedPoll},
    example={
        "message": "Poll duplicated successfully",
        "poll": POLL | {"state": "draft", "isPublished": False},
    },
    parameters=[_ETAG],
    refusals=[*_CHANGE_REFUSALS, *_WORKSPACE_REFUSALS],
)


def change_state(
    name: str, summary: str, description: str, done: str, *refusals: type[ApiError]
) -> Callable[[Any], Any]:
    """Describe publishing, closing or reopening."""
    return _change(
        name,
        summary,
        description=f"{description} Repeating it is not an error.",
        success={200: wire.ChangedPoll},
        example={"message": f"Poll {done} successfully", "poll": POLL},
        parameters=[_ETAG, IF_MATCH],
        refusals=[*_CHANGE_REFUSALS, *refusals, PreconditionFailedError],
    )


publish_poll = change_state(
    "publishPoll",
    "Publish a poll",
    "Opens a draft for votes, from `opensAt` on where that is set.",
    "published",
    errors.PollClosedError,
)
close_poll = change_state(
    "closePoll",
    "Close a poll",
    "No vote is accepted after the response.",
    "closed",
    errors.PollNotPublishedError,
)
reopen_poll = change_state(
    "reopenPoll",
    "Reopen a poll",
    "Opens a closed poll for votes again. A `closesAt` that has passed is cleared.",
    "reopened",
    errors.PollNotPublishedError,
)
