"""A Python client generated from the OpenAPI document is typed, and works."""

import importlib
import io
import json
import os
import subprocess
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import httpx
import pytest
from django.core.wsgi import get_wsgi_application
from openpyxl import load_workbook

from polling_site.views import openapi_document

pytestmark = [pytest.mark.django_db(transaction=True)]

PACKAGE = "generated_tallyroom"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("client")
    document = directory / "openapi.json"
    document.write_text(json.dumps(openapi_document()))
    command = ["openapi-python-client", "generate", "--meta", "none"]
    command += ["--path", str(document), "--output-path", str(directory / PACKAGE)]
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert "Warning" not in done.stdout + done.stderr
    return directory


@pytest.fixture
def generated(package: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(package))

    def load(name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    return load


def client_of(generated: Any, token: str = "") -> Any:
    transport = httpx.WSGITransport(app=cast(Any, get_wsgi_application()))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = generated("client").Client(base_url="http://localhost")
    return client.set_httpx_client(
        httpx.Client(transport=transport, base_url="http://localhost", headers=headers)
    )


def test_it_consists_of_as_many_models_as_there_are_shapes(package: Path) -> None:
    assert len(list((package / PACKAGE / "models").glob("*.py"))) < 150


def test_it_registers_asks_votes_and_exports(generated: Any) -> None:
    def call(name: str, *args: Any, token: str = "", **options: Any) -> Any:
        answer = generated(f"api.{name}").sync_detailed(
            *args, client=client_of(generated, token), **options
        )
        assert answer.status_code < 300, answer.content
        return answer

    models = generated("models")
    person = models.RegisterRequest(
        name="Ada", email="ada@example.org", password="correct horse battery"
    )
    token = call("accounts.register", body=person).parsed.tokens.access_token
    asked = models.PollCreateRequest(
        question="Tea or coffee?", options=["Tea", "Coffee"], is_published=True
    )
    poll = call("polls.create_poll", token=token, body=asked).parsed.poll
    body = models.VoteRequest(poll_option_id=poll.options[0].id)
    call("votes.cast_vote", poll.id, token=token, body=body)
    results = call("votes.read_results", poll.id).parsed.poll
    assert (results.total_voters, results.options[0].percentage_of_voters) == (1, 100.0)
    formats = models.ExportResultsFormat
    table = call("votes.export_results", poll.id, format_=formats.CSV)
    assert table.parsed.lstrip("\ufeff").startswith("Option,Votes,")
    workbook = call("votes.export_results", poll.id, format_=formats.XLSX)
    assert "Results" in load_workbook(io.BytesIO(workbook.content)).sheetnames


def test_bodies_and_refusals_are_typed(generated: Any) -> None:
    models, cast_vote = generated("models"), generated("api.votes.cast_vote")
    assert typing.get_type_hints(cast_vote.sync)["body"] is models.VoteRequest
    answer = cast_vote.sync_detailed(
        "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21",
        client=client_of(generated),
        body=models.VoteRequest(poll_option_id="01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"),
    )
    assert isinstance(answer.parsed, models.ErrorBody)
    assert answer.parsed.code == "auth.required"
