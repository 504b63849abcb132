"""How the vote endpoints stand in the OpenAPI document."""

from functools import partial

from accounts.errors import AccountSuspendedError
from apikit.errors import ApiError
from apikit.pagination import PageQuerySerializer
from apikit.schema import operation
from apikit.wire import Done
from polls.errors import (
    PollClosedError,
    PollHiddenError,
    PollNotFoundError,
    PollNotOpenError,
    ResultsHiddenError,
)
from polls.wire import OneResults
from votes import errors, serializers, wire

_POLL_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
_OPTION = {"id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22", "text": "Tea"}
_VOTE_ID = "01985c2f-0b5e-7a31-8c22-5d1e0f6a7b88"
_CREATED_AT = "2026-05-04T09:31:00Z"
_COUNTED = {
    "id": _VOTE_ID,
    "pollOptionId": _OPTION["id"],
    "optionText": "Tea",
    "pollQuestion": "Tea or coffee?",
    "createdAt": _CREATED_AT,
}
_OWN = {"id": _VOTE_ID, "option": _OPTION, "createdAt": _CREATED_AT}

_NOT_NOW: list[type[ApiError]] = [
    PollClosedError,
    PollNotOpenError,
    PollHiddenError,
    AccountSuspendedError,
]

_vote = partial(operation, tag="Votes", is_write=True)
_read = partial(operation, tag="Votes")

_cast = partial(
    _vote,
    body=serializers.VoteSerializer,
    body_example={"pollOptionId": _OPTION["id"]},
    success={201: wire.CastVote, 200: wire.CastVote},
    example={"message": "Vote submitted successfully", "vote": _COUNTED, "votes": [_COUNTED]},
    described_refusals={409: wire.RefusedVote},
)
_CAST_REFUSALS: list[type[ApiError]] = [
    *_NOT_NOW,
    errors.AlreadyVotedError,
    errors.UnknownOptionError,
    errors.TooManyChoicesError,
    errors.WriterBusyError,
]

cast_vote = _cast(
    "castVote",
    "Vote in a poll",
    description="201 for a first vote, 200 for a changed one. When the answer comes, the vote "
    "is committed. Send an `Idempotency-Key` to be able to repeat the request safely.",
    refusals=[*_CAST_REFUSALS, PollNotFoundError],
)
cast_vote_for_option = _cast(
    "castVoteForOption",
    "Vote in the poll an option belongs to",
    refusals=[*_CAST_REFUSALS, errors.OptionNotFoundError],
)
retract_vote = _vote(
    "retractVote",
    "Take one's vote back",
    success={200: Done},
    example={"message": "Vote removed successfully"},
    refusals=[*_NOT_NOW, errors.ChangeRefusedError, errors.NoVoteError, PollNotFoundError],
)
read_own_ballot = _read(
    "readOwnVote",
    "One's own vote in a poll",
    success={200: wire.OwnBallot},
    example={"hasVoted": True, "vote": _OWN, "votes": [_OWN]},
    refusals=[PollNotFoundError],
)
read_results = _read(
    "readResults",
    "The tally of a poll",
    description="Percentages have one decimal and sum to 100.0, by the method of the largest "
    "remainder.",
    access="anybody",
    success={200: OneResults},
    example={
        "poll": {
            "id": _POLL_ID,
            "question": "Tea or coffee?",
            "totalVotes": 3,
            "options": [
                {**_OPTION, "voteCount": 2, "percentage": 66.7},
                {
                    "id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f23",
                    "text": "Coffee",
                    "voteCount": 1,
                    "percentage": 33.3,
                },
            ],
            "version": 3,
        }
    },
    refusals=[PollNotFoundError, ResultsHiddenError],
)
list_own_votes = _read(
    "listOwnVotes",
    "One's votes, newest first",
    query=PageQuerySerializer,
    success={200: wire.VoteHistory},
    example={
        "votes": [{**_OWN, "poll": {"id": _POLL_ID, "question": "Tea or coffee?"}}],
        "pagination": {"page": 1, "limit": 10, "totalCount": 1, "totalPages": 1},
    },
)
