"""The AsyncAPI document is valid and complete."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from rest_framework.test import APIClient

from polling_site.views import socket_document
from realtime.close_codes import CloseCode
from realtime.commands import COMMANDS
from realtime.endpoints import ENDPOINTS
from realtime.events import EVENTS, MAIN_PROTOCOL, ProcessEvent
from tests.documents import problems
from tests.processes import ROOT

OFFICIAL = ROOT / "tests" / "docs" / "asyncapi" / "3.0.0.json"
NATIVE_COMMANDS = {name for name, command in COMMANDS.items() if not command.only_socketio}
CLIENT_EVENTS = [name for name, event in EVENTS.items() if not issubclass(event, ProcessEvent)]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return socket_document()


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_text()))


def operations(document: dict[str, Any], action: str, channel: str) -> set[str]:
    """Returns the wire names of the messages of ``channel``, by action (receive or send)."""
    messages = document["components"]["messages"]
    return {
        messages[reference["$ref"].rpartition("/")[2]]["name"]
        for operation in document["operations"].values()
        if operation["action"] == action and operation["channel"]["$ref"] == f"#/channels/{channel}"
        for reference in operation["messages"]
    }


def references(value: Any) -> list[str]:
    """Returns all references in ``value``, at any depth."""
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + references(list(value.values()))


def test_the_site_serves_it(visitor: APIClient, document: dict[str, Any]) -> None:
    answer = visitor.get("/api/asyncapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/vnd.aai.asyncapi+json")
    # Only the server differs: it is the host of the request.
    served = answer.json()
    site = served.pop("servers")["site"]
    assert site == document["servers"]["site"] | {"host": "testserver"}
    assert served == {name: part for name, part in document.items() if name != "servers"}


def test_it_is_valid(document: dict[str, Any], official: Draft7Validator) -> None:
    assert [error.message for error in official.iter_errors(document)] == []


def test_an_invalid_one_would_be_noticed(
    document: dict[str, Any], official: Draft7Validator
) -> None:
    [name, *_] = document["operations"]
    broken = {**document, "operations": {name: {"action": "shout"}}}
    assert not official.is_valid(broken)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert references(document)
    for reference in references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_endpoint_is_a_channel(document: dict[str, Any]) -> None:
    channels = document["channels"]
    addresses = {name: channel["address"] for name, channel in channels.items()}
    assert addresses == {each.protocol: each.address for each in ENDPOINTS.values()}
    assert set(channels["poll_update"]["parameters"]) == {"pollId"}


@pytest.mark.parametrize("protocol", ENDPOINTS)
def test_every_endpoint_receives_every_command(document: dict[str, Any], protocol: str) -> None:
    assert operations(document, "receive", protocol) == NATIVE_COMMANDS


def test_every_event_but_process_events_is_sent(document: dict[str, Any]) -> None:
    assert operations(document, "send", MAIN_PROTOCOL) == {*CLIENT_EVENTS, "error"}


def test_the_legacy_endpoint_sends_its_own_frame(document: dict[str, Any]) -> None:
    assert operations(document, "send", "poll_update") == {"poll_update", "error"}


def test_every_command_has_its_reply_and_its_errors(document: dict[str, Any]) -> None:
    for name in NATIVE_COMMANDS:
        command = COMMANDS[name]
        reply = document["operations"][f"main.command.{name}"]["reply"]["messages"]
        assert [each["$ref"].rpartition("/")[2] for each in reply] == [
            f"reply.{name}",
            f"error.{name}",
        ]
        codes = document["components"]["messages"][f"error.{name}"]["payload"]["properties"]["code"]
        assert {each.code for each in command.refusals} <= set(codes["enum"])


def test_every_message_says_what_it_is_for_and_shows_one(document: dict[str, Any]) -> None:
    for name, message in document["components"]["messages"].items():
        assert message["summary"], name
        for example in message["examples"]:
            assert problems(document, message["payload"], example["payload"]) == [], name


def test_what_only_socketio_clients_have_is_described(document: dict[str, Any]) -> None:
    only = document["x-socketio"]["only"]
    assert set(only["commands"]) == set(COMMANDS) - NATIVE_COMMANDS
    assert {"userJoined", "userLeft", "onlineUsers", "message"} == set(only["events"])
    for each in (*only["commands"].values(), *only["events"].values()):
        assert each["description"]
        assert problems(document, each["payload"], each["example"]) == []


def test_nothing_speaks_of_names_in_python(document: dict[str, Any]) -> None:
    assert "``" not in json.dumps(document)


def test_every_close_code_says_whether_to_come_back(document: dict[str, Any]) -> None:
    listed = {each["code"]: each["comeBack"] for each in document["x-close-codes"]}
    assert listed == {code.value: code < 4500 for code in CloseCode}


def test_the_ways_to_say_who_one_is_are_listed(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {each["in"] for each in schemes.values()} == {"query", "header", "cookie"}
    assert len(document["servers"]["site"]["security"]) == len(schemes)
