"""Frames of Socket.IO clients: the encoding of events, and what the documents say about them."""

import json
from dataclasses import dataclass
from typing import ClassVar

from realtime.events import LogEvent
from realtime.frames import EncodedEvent
from realtime.socketio.described import describe_socketio


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(LogEvent):
    name: ClassVar[str] = "was-written"

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Written):
    name: ClassVar[str] = "was-edited"
    socketio_names: ClassVar[tuple[str, ...]] = ("wasEdited", "edited")


def test_an_event_is_one_packet_with_its_name() -> None:
    encoded = EncodedEvent(Written(text="a\x1e\u2028"))
    frame = encoded.frame("socketio")
    assert frame is not None
    body = '{"type":"was-written","event":"was-written","text":"a\\u001e\u2028"}'
    assert frame.text == f'42["was-written",{body}]'
    assert json.loads(frame.text[2:])[1] == json.loads(encoded.frame("main").text)  # type: ignore[union-attr]
    # The same object for every client.
    assert encoded.frame("socketio") is frame


def test_an_event_with_several_names_is_sent_under_each() -> None:
    frame = EncodedEvent(Edited(text="b")).frame("socketio")
    assert frame is not None
    body = '{"type":"was-edited","event":"was-edited","text":"b"}'
    packets = [f'42["wasEdited",{body}]', f'42["edited",{body}]']
    assert frame.text.split("\x1e") == packets
    # Two text frames, for WebSockets.
    assert frame.data == b"".join(
        bytes((0x81, len(packet))) + packet.encode() for packet in packets
    )


def test_the_names_are_described() -> None:
    described = describe_socketio()
    assert described["commands"]["join-poll"] == {
        "names": ["join-poll", "joinPoll"],
        "bareField": "pollId",
        "replyEvent": "poll-data",
    }
    assert described["events"]["new-poll"] == ["new-poll", "new-poll-published"]
    assert described["events"]["poll-update"] == ["poll-update", "poll-updated"]
    assert described["events"]["vote-update"] == ["vote-update"]
    assert "ballots-changed" not in described["events"]
