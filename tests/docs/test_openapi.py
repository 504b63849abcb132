"""The OpenAPI document is valid and complete."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from apikit.errors import ApiError
from jobs.errors import JOB_ERRORS
from polling_site.views import openapi_document
from tests.docs.errors import all_errors
from tests.documents import problems

METHODS = {"get", "post", "put", "patch", "delete"}
# Pages for people, and the catch-all route of the API.
PAGES = {"/", "/docs", "/api/docs", "/api/"}
# Errors that no operation lists, because Django or the server sends them before routing.
# The last one occurs in the admin only.
NOT_OF_AN_OPERATION = {
    "method_not_allowed",
    "account.has_log",
    # Of the page of a picture, which is no operation of the API; requests name it in `errors`.
    "picture.not_found",
    # Sent by the server before it has read which operation is requested.
    "request.headers_too_large",
    "request.timeout",
    # Of a command only.
    "project.event_too_large",
    "project.not_joined",
    "project.place_not_found",
    "project.too_many_events",
    "room.not_joined",
    # Of a job that has failed, in its `error`.
    "archive.invalid",
    *(error.code for error in JOB_ERRORS),
}
DOCUMENT = openapi_document()


def with_own_responses(described: dict[str, Any]) -> dict[str, Any]:
    """Returns an operation with references to shared responses resolved."""
    shared = DOCUMENT["components"]["responses"]
    responses = {
        status: shared[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        for status, response in described["responses"].items()
    }
    return described | {"responses": responses}


OPERATIONS = {
    described["operationId"]: with_own_responses(described)
    for methods in DOCUMENT["paths"].values()
    for described in methods.values()
}


def routes(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Yields every API route in OpenAPI's notation, with its pattern."""
    for pattern in patterns:
        address = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if not isinstance(pattern, URLPattern):
            if address != "/admin/":
                yield from routes(pattern.url_patterns, address)
        elif address.startswith(("/api", "/health", "/metrics")) and address not in PAGES:
            yield address, pattern


ROUTES = dict(routes(get_resolver().url_patterns))


def media(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the content of an operation's body and of all its responses."""
    bodies = [described.get("requestBody", {}), *described["responses"].values()]
    return [content for body in bodies for content in body.get("content", {}).values()]


def codes_of(described: dict[str, Any]) -> set[str]:
    return {
        example["value"]["code"]
        for content in media(described)
        for example in content.get("examples", {}).values()
        if "code" in example["value"]
    }


def test_the_site_serves_it(visitor: APIClient) -> None:
    answer = visitor.get("/api/schema")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


def test_it_is_valid() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_every_route_is_in_it() -> None:
    assert set(DOCUMENT["paths"]) == set(ROUTES)


@pytest.mark.parametrize("address", ROUTES)
def test_every_method_of_a_route_is_in_it(address: str) -> None:
    actions = getattr(ROUTES[address].callback, "actions", None) or {"get": ""}
    assert set(DOCUMENT["paths"][address]) == METHODS & set(actions)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_is_for(name: str) -> None:
    described = OPERATIONS[name]
    assert described["summary"]
    assert described["description"]
    assert described["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}


def test_no_two_operations_have_the_same_summary() -> None:
    summaries = [described["summary"] for described in OPERATIONS.values()]
    assert sorted(summaries) == sorted(set(summaries))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_valid(name: str) -> None:
    for content in media(OPERATIONS[name]):
        for example in content.get("examples", {}).values():
            assert problems(DOCUMENT, content["schema"], example["value"]) == []


VIEW_OPERATIONS = {
    name for name, described in OPERATIONS.items() if "406" in described["responses"]
}


@pytest.mark.parametrize("name", ["listPolls", "listUsers", "searchUsers", "listOwnVotes"])
def test_a_list_is_described_as_the_object_it_comes_in(name: str) -> None:
    for content in OPERATIONS[name]["responses"]["200"]["content"].values():
        assert content["schema"]["$ref"].endswith(("List", "History"))


def test_a_visitor_may_be_asked_who_they_are_when_they_ask_for_their_own_drafts() -> None:
    assert "auth.required" in codes_of(OPERATIONS["listPolls"])


def test_whether_a_poll_is_published_may_be_left_open() -> None:
    [published] = [
        each for each in OPERATIONS["listPolls"]["parameters"] if each["name"] == "published"
    ]
    values = [True, False, "", "maybe"]
    are_right = [not problems(DOCUMENT, published["schema"], value) for value in values]
    assert are_right == [True, True, True, False]


def test_only_what_no_view_serves_has_no_refusals() -> None:
    assert set(OPERATIONS) - VIEW_OPERATIONS == {
        "readOpenApi",
        "readAsyncApi",
        "checkLive",
        "checkReady",
        "readMetrics",
    }


@pytest.mark.parametrize("name", sorted(VIEW_OPERATIONS))
def test_every_operation_shows_an_answer_and_its_refusals(name: str) -> None:
    described = OPERATIONS[name]
    answers = [status for status in described["responses"] if int(status) < 300]
    assert answers
    for status in answers:
        for content in described["responses"][status]["content"].values():
            is_file = content["schema"].get("type") == "string"
            assert is_file or content["examples"]
    assert {"429", "500"} <= set(described["responses"])
    is_write = any(
        each.get("name") == "Idempotency-Key" for each in described.get("parameters", [])
    )
    # Also where no body is expected.
    assert "413" in described["responses"] or not is_write
    if "requestBody" in described:
        body = described["requestBody"]["content"].get("application/json")
        # Files may be of any type.
        assert {"400", "413"} <= set(described["responses"])
        if body is not None:
            assert "415" in described["responses"]
            assert body["examples"]


@pytest.mark.parametrize("name", sorted(VIEW_OPERATIONS))
def test_whoever_may_show_a_token_may_be_refused_for_it(name: str) -> None:
    takes_tokens = {"bearer": []} in OPERATIONS[name]["security"]
    says_so = {"auth.token_invalid", "account.suspended"} <= codes_of(OPERATIONS[name])
    assert says_so or not takes_tokens


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.code)
def test_every_error_is_in_it_or_on_sockets_alone(error: type[ApiError]) -> None:
    documented = {code for described in OPERATIONS.values() for code in codes_of(described)}
    is_of_sockets = error.code.startswith("socket.")
    assert (error.code in documented) != (is_of_sockets or error.code in NOT_OF_AN_OPERATION)


def test_an_error_response_that_operations_share_is_a_component() -> None:
    own = [
        json.dumps(response)
        for methods in DOCUMENT["paths"].values()
        for described in methods.values()
        for response in described["responses"].values()
        if "x-codes" in response
    ]
    assert len(own) == len(set(own))
    assert "PollNotFound" in DOCUMENT["components"]["responses"]


def test_an_operation_that_takes_no_token_asks_for_none() -> None:
    assert OPERATIONS["register"]["security"] == []
    assert OPERATIONS["readResults"]["security"] == [{}, {"bearer": []}]
