"""The examples of the kinds of polls in the OpenAPI document work as they are."""

import json

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from polls.examples import COFFEE_ID, TEA_ID
from polls.kind_examples import KIND_EXAMPLES
from polls.kinds.registry import KINDS
from tests.conftest import ClientFor
from tests.docs.test_openapi import OPERATIONS

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_kind_has_an_example_of_creating_and_of_voting() -> None:
    # The first example of both is a single choice.
    for name in ("createPoll", "castVote"):
        examples = OPERATIONS[name]["requestBody"]["content"]["application/json"]["examples"]
        assert len(examples) == len(KINDS)
    assert set(KIND_EXAMPLES) == set(KINDS) - {"single"}


@pytest.mark.parametrize("kind", KIND_EXAMPLES)
def test_the_examples_of_a_kind_work(
    client_for: ClientFor, alice: User, bob: User, kind: str
) -> None:
    body, answers = KIND_EXAMPLES[kind]
    alices: APIClient = client_for(alice)
    created = alices.post("/api/polls", {**body, "isPublished": True}, format="json")
    assert created.status_code == 201, created.json()
    poll = created.json()["poll"]
    sent = json.dumps({"answers": answers})
    for example, option in zip((TEA_ID, COFFEE_ID), poll["options"], strict=False):
        sent = sent.replace(example, option["id"])
    voted = client_for(bob).post(
        f"/api/polls/{poll['id']}/vote", sent, content_type="application/json"
    )
    assert voted.status_code == 201, voted.json()
