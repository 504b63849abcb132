"""A name that occurs twice in an object of a request is refused.

Votes are in ``tests/votes/test_entry_points.py``.
"""

import json
from io import BytesIO

import pytest

from apikit.errors import InvalidRequestError
from apikit.json_names import RepeatedNameError, check_names
from apikit.parsers import StrictJSONParser
from realtime.commands import read_envelope
from realtime.socketio.packets import TextPacket, UnreadEventName

REPEATED = [
    '{"a": 1, "a": 1}',
    '{"a" :1,"b":"x","a"\n:2}',
    r'{"a": 1, "\u0061": 2}',
    '{"b": {"a": {}, "a": []}}',
    '[{"b": [1, {"a": 1, "a": 2}]}]',
]


@pytest.mark.parametrize("text", REPEATED)
def test_a_repeated_name_is_found(text: str) -> None:
    with pytest.raises(RepeatedNameError, match='name "a" occurs more than once'):
        check_names(text, json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
        '{"a": "b: c", "d:": "\\": "}',
        r'{"a": ":", "b": "\"a\": 1"}',
        '"a:a"',
        "[]",
        "7",
    ],
)
def test_other_texts_are_not_refused(text: str) -> None:
    check_names(text, json.loads(text))


def test_sockets_refuse_it() -> None:
    with pytest.raises(InvalidRequestError, match='name "pollId" occurs more than once'):
        read_envelope('{"type": "join-poll", "pollId": "a", "pollId": "b"}')
    packet = TextPacket(encoded_packet='2["join-poll",{"pollId":"a","pollId":"b"}]')
    # Answered with this sentence, and the session goes on.
    assert isinstance(packet.data[0], UnreadEventName)
    assert 'name "pollId" occurs more than once' in packet.data[0]


def test_bodies_of_requests_are_refused_with_it() -> None:
    body = b'{"note": "\xe9:", "name": "Ada", "name": "Bob"}'
    with pytest.raises(InvalidRequestError, match='name "name" occurs more than once'):
        StrictJSONParser().parse(BytesIO(body), parser_context={"encoding": "latin-1"})
