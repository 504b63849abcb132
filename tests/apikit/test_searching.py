"""The searchable forms of texts, and their columns."""

from importlib import import_module
from io import StringIO
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.profiles import update_profile
from accounts.services import create_guest, register_user
from accounts.staff import rename_user
from apikit.searching import MAX_CHARS, SearchableModel, found_by, searchable_columns
from polls.editing import update_poll
from polls.models import Poll
from polls.services import duplicate_poll
from tests.conftest import PASSWORD, MakePoll, actor_of

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return sorted(
        User.objects.filter(found_by(text, "searchable_name")).values_list("name", flat=True)
    )


def test_everything_that_names_a_person_makes_them_found(alice: User, superuser: User) -> None:
    register_user(name="ÄDA", email="Ada@EXÄMPLE.org", password=PASSWORD)
    create_guest(name="Ädgar")
    assert found("äd") == ["ÄDA", "Ädgar"]
    update_profile(actor=actor_of(alice), name="Ädith")
    assert found("äd") == ["ÄDA", "Ädgar", "Ädith"]
    rename_user(actor=actor_of(superuser), user_id=alice.id, name="Bea")
    assert found("ädith") == []
    User.objects.create_superuser("another@example.org", "Ädmin", PASSWORD)
    assert found("ÄDMIN") == ["Ädmin"]


@pytest.mark.parametrize("text", ["exämple", "EXÄMPLE.ORG", "xn--exmple-cua", "ada@exämple.org"])
def test_an_email_is_found_in_both_spellings_of_its_domain(text: str) -> None:
    User.objects.create(name="Ada", email="ada@xn--exmple-cua.org")
    assert User.objects.filter(found_by(text, "searchable_email")).exists()


def test_a_question_is_found_however_it_came(make_poll: MakePoll) -> None:
    poll = make_poll(question="ÄPFEL?")
    copy = duplicate_poll(actor=actor_of(poll.creator), poll_id=poll.id)
    apples = Poll.objects.filter(found_by("äpfel", "searchable_question"))
    assert set(apples) == {poll, copy}
    update_poll(actor=actor_of(poll.creator), poll_id=poll.id, changes={"question": "Birnen?"})
    assert list(apples.all()) == [copy]
    assert Poll.objects.get(found_by("BIRNEN", "searchable_question")) == poll


@pytest.mark.parametrize("text", ["%", "_", "\\", "a%c", "x" * (MAX_CHARS + 1)])
def test_nothing_is_found_by_signs_of_databases(alice: User, text: str) -> None:
    assert found(text) == []


@pytest.fixture
def emptied(alice: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of an older version, more than one batch."""
    make_poll(question="ÄPFEL?")
    User.objects.update(searchable_name="", searchable_email="")
    Poll.objects.update(searchable_question="")
    monkeypatch.setattr("apikit.searching._FILLED_AT_ONCE", 1)


def assert_all_are_found(bob: User) -> None:
    assert found("ALICE") == ["Alice"]
    assert found("b") == ["Bob"]
    assert User.objects.get(found_by("BOB@", "searchable_email")) == bob
    assert Poll.objects.filter(found_by("äpfel", "searchable_question")).exists()


@pytest.mark.usefixtures("emptied")
def test_migrations_fill_in_rows_from_before(bob: User) -> None:
    for migration in (
        "accounts.migrations.0008_fill_searchable_users",
        "polls.migrations.0009_fill_searchable_texts",
    ):
        import_module(migration).fill(apps, SimpleNamespace(connection=connection))
    assert_all_are_found(bob)


@pytest.mark.usefixtures("emptied")
def test_the_command_fills_in_rows_that_an_older_version_wrote(bob: User) -> None:
    outputs = [StringIO(), StringIO()]
    for output in outputs:
        call_command("rebuild_search", stdout=output)
    assert_all_are_found(bob)
    assert "polls: 1 refreshed" in outputs[0].getvalue()
    assert "users: 0 refreshed" in outputs[1].getvalue()


def test_models_with_a_searchable_column_keep_it_whatever_is_saved() -> None:
    models = [model for model in apps.get_models() if searchable_columns(model)]
    assert len(models) >= 3
    assert all(issubclass(model, SearchableModel) for model in models)
