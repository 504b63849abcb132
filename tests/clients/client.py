"""Uses a running Tallyroom through a Python client generated from its OpenAPI document.

    python client.py http://127.0.0.1:8000

Prints what it got as JSON. The ``type: ignore[...]`` comments test the types: ``mypy --strict``
fails where one of them is not needed.
"""

import base64
import json
import os
import sys
from typing import TypeVar
from uuid import UUID

from generated_tallyroom.api.accounts import create_guest, read_own_account, register
from generated_tallyroom.api.polls import close_poll, create_poll, list_polls, publish_poll
from generated_tallyroom.api.votes import (
    cast_vote,
    export_results,
    read_own_vote,
    read_results,
    retract_vote,
)
from generated_tallyroom.client import AuthenticatedClient, Client
from generated_tallyroom.models import (
    AccountSignedIn,
    CastVoteResponse,
    ChangedPoll,
    Done,
    ErrorBody,
    ExportResultsFormat,
    GuestRequest,
    GuestSignedIn,
    ListPollsState,
    OneResults,
    OptionRequest,
    OwnBallot,
    OwnProfile,
    PollCreateRequest,
    PollList,
    RefusedVote,
    RegisterRequest,
    VoteRequest,
)
from generated_tallyroom.types import File

T = TypeVar("T")


def expect(answer: object, shape: type[T]) -> T:
    """Narrows the union of an operation's responses to the one expected."""
    assert isinstance(answer, shape), answer
    return answer


def export(poll_id: UUID, file_format: ExportResultsFormat) -> bytes:
    """Downloads the results as a file."""
    file = expect(export_results.sync(poll_id, client=ada, format_=file_format), File)
    return file.payload.read()


url = sys.argv[1]
visitor = Client(base_url=url)
email = f"ada-{os.urandom(6).hex()}@example.org"
account = RegisterRequest(name="Ada", email=email, password="correct horse battery")
signed_in = expect(register.sync(client=visitor, body=account), AccountSignedIn)
ada = AuthenticatedClient(base_url=url, token=signed_in.tokens.access_token)
name = expect(read_own_account.sync(client=ada), OwnProfile).user.name
newcomer = expect(create_guest.sync(client=visitor, body=GuestRequest(name="Bob")), GuestSignedIn)
bob = AuthenticatedClient(base_url=url, token=newcomer.tokens.access_token)

draft = PollCreateRequest(
    question="Tea or coffee?",
    options=["Tea", OptionRequest(text="Coffee")],
    allow_change=True,
)
poll = expect(create_poll.sync(client=ada, body=draft), ChangedPoll).poll
states = [poll.state.value]
states.append(expect(publish_poll.sync(poll.id, client=ada), ChangedPoll).poll.state.value)
tea, coffee = (VoteRequest(poll_option_id=option.id) for option in poll.options)

messages = [
    expect(cast_vote.sync(poll.id, client=bob, body=tea), CastVoteResponse).message,
    expect(cast_vote.sync(poll.id, client=bob, body=coffee), CastVoteResponse).message,
]
duplicate = expect(cast_vote.sync(poll.id, client=bob, body=coffee), RefusedVote)
standing = expect(read_own_vote.sync(poll.id, client=bob), OwnBallot).vote
messages.append(expect(retract_vote.sync(poll.id, client=bob), Done).message)
expect(cast_vote.sync(poll.id, client=bob, body=tea), CastVoteResponse)

# The generator does not know that a token can be optional.
results = expect(
    read_results.sync(poll.id, client=visitor),  # type: ignore[arg-type]
    OneResults,
).poll
listed = expect(list_polls.sync(client=ada, state=ListPollsState.OPEN, limit=5), PollList)
states.append(expect(close_poll.sync(poll.id, client=ada), ChangedPoll).poll.state.value)

unauthorized = expect(
    create_poll.sync(client=visitor, body=draft),  # type: ignore[arg-type]
    ErrorBody,
)
blank = PollCreateRequest(question="", options=["Yes", "No"])
invalid = expect(create_poll.sync(client=ada, body=blank), ErrorBody)
closed = expect(cast_vote.sync(poll.id, client=bob, body=tea), RefusedVote)

print(
    json.dumps(
        {
            "name": name,
            "states": states,
            "messages": messages,
            "duplicate": [duplicate.code, duplicate.vote.option_text if duplicate.vote else None],
            "standing": standing.option.text if standing and standing.option else None,
            "results": [results.total_voters, [each.percentage for each in results.options]],
            "listed": [poll.id in {each.id for each in listed.polls}, listed.pagination.limit],
            "refused": [unauthorized.code, invalid.code, closed.code],
            "fields": [each.field for each in invalid.errors or []],
            "csv": export(poll.id, ExportResultsFormat.CSV).decode("utf-8-sig"),
            "xlsx": base64.b64encode(export(poll.id, ExportResultsFormat.XLSX)).decode(),
        }
    )
)


def make_mistakes() -> None:
    """Mistakes that the types have to catch. Never called."""
    cast_vote.sync(poll.id, client=bob)  # type: ignore[call-arg]
    cast_vote.sync(poll.id, client=bob, body={"pollOptionId": str(poll.id)})  # type: ignore[arg-type]
    cast_vote.sync(7, client=bob, body=tea)  # type: ignore[arg-type]
    VoteRequest(poll_option_id=1)  # type: ignore[arg-type]
    PollCreateRequest(question="One?", options=[1, 2])  # type: ignore[list-item]
    export_results.sync(poll.id, client=ada, format_="pdf")  # type: ignore[arg-type]
    print(poll.title)  # type: ignore[attr-defined]
    print(poll.total_votes + 1)  # type: ignore[operator]
