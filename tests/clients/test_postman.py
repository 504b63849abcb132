"""The Postman collection follows the OpenAPI document, and runs from top to bottom."""

import re

import pytest

from polling_site.views import openapi_document
from tests.clients.toolchain import run_script
from tests.processes import ServerProcess
from tools.postman import PATH, encode_collection
from tools.postman_steps import STEPS


def test_every_operation_takes_part() -> None:
    operations = {
        described["operationId"]
        for methods in openapi_document()["paths"].values()
        for described in methods.values()
    }
    assert set(STEPS) == operations


def test_the_collection_is_up_to_date() -> None:
    is_up_to_date = PATH.read_text() == encode_collection(openapi_document())
    assert is_up_to_date, "Run `make postman`."


@pytest.mark.usefixtures("tools")
def test_every_request_of_the_collection_succeeds(server: ServerProcess) -> None:
    printed = run_script("newman", "--env-var", f"baseUrl={server.url}")
    executed = re.search(r"assertions\D+(\d+)", printed)
    assert executed is not None
    assert int(executed[1]) == len(STEPS)
