"""Uses a running Tallyroom through a client generated from its OpenAPI document.

    python client.py http://127.0.0.1:8000

Prints what it got as JSON. The ``type: ignore`` comments hold the types: ``mypy --strict`` fails
where one of them is not needed.
"""

import base64
import json
import os
import sys
from typing import TypeVar

from generated_tallyroom.api.accounts import register
from generated_tallyroom.api.polls import create_poll, list_polls
from generated_tallyroom.api.votes import cast_vote, export_results, read_results
from generated_tallyroom.client import AuthenticatedClient, Client
from generated_tallyroom.models import (
    CastVote,
    ChangedPoll,
    ErrorBody,
    ExportResultsFormat,
    ListPollsState,
    OneResults,
    OptionRequest,
    PollCreateRequest,
    PollList,
    RefusedVote,
    RegisterRequest,
    SignedIn,
    VoteRequest,
)
from generated_tallyroom.types import File

T = TypeVar("T")


def need(answer: object, shape: type[T]) -> T:
    """``answer``, which must be a ``shape`` and no refusal."""
    assert isinstance(answer, shape), answer
    return answer


url = sys.argv[1]
visitor = Client(base_url=url)
person = RegisterRequest(
    name="Ada",
    email=f"ada-{os.urandom(6).hex()}@example.org",
    password="correct horse battery",
)
signed_in = need(register.sync(client=visitor, body=person), SignedIn)
ada = AuthenticatedClient(base_url=url, token=signed_in.tokens.access_token)

question = PollCreateRequest(
    question="Tea or coffee?", options=["Tea", OptionRequest(text="Coffee")], is_published=True
)
poll = need(create_poll.sync(client=ada, body=question), ChangedPoll).poll
vote = VoteRequest(poll_option_id=poll.options[0].id)
counted = need(cast_vote.sync(poll.id, client=ada, body=vote), CastVote)
standing = need(cast_vote.sync(poll.id, client=ada, body=vote), RefusedVote)
results = need(read_results.sync(poll.id, client=visitor), OneResults).poll


def exported(file_format: ExportResultsFormat) -> bytes:
    """The results as a file."""
    file = need(export_results.sync(poll.id, client=visitor, format_=file_format), File)
    return file.payload.read()


listed = need(list_polls.sync(client=visitor, state=ListPollsState.OPEN, limit=5), PollList)
refused = need(create_poll.sync(client=Client(base_url=url), body=question), ErrorBody)  # type: ignore[arg-type]
