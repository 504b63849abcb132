"""Sign-ins in the admin, and the admin log."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from tests.conftest import ClientFor, make_user
from tests.moderation_client import ModerationClient, log_of, messages_of, suspension

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def moderator(staff: User) -> ModerationClient:
    return ModerationClient(staff)


def test_a_sign_in_is_ended_from_its_list(
    moderator: ModerationClient, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    open_token_family(user=bob)
    families = moderator.list_of(TokenFamily, user=bob.id).context["cl"].result_list
    assert len(families) == 2
    oldest = families[1]
    assert messages_of(moderator.act("end", oldest)) == ["1 token family: ended."]
    assert client.get("/api/auth/me").status_code == 401
    assert TokenFamily.objects.filter(user=bob, revoked_at=None).count() == 1
    assert messages_of(moderator.act("end", oldest))[0].startswith("Nothing to change")
    assert log_of(oldest) == ["Ended."]


def test_staff_do_not_end_the_sign_ins_of_other_staff(
    moderator: ModerationClient, superuser: User
) -> None:
    open_token_family(user=superuser)
    response = moderator.act("end", TokenFamily.objects.get(user=superuser))
    assert "Only a superuser" in messages_of(response)[0]
    assert TokenFamily.objects.get(user=superuser).revoked_at is None


@pytest.mark.parametrize("state", ["good", "ended", "expired"])
def test_sign_ins_are_filtered_by_state(moderator: ModerationClient, bob: User, state: str) -> None:
    now = timezone.now()
    for fields in (
        {"user_agent": "good"},
        {"user_agent": "ended", "revoked_at": now},
        {"user_agent": "expired", "expires_at": now - timedelta(days=1)},
    ):
        family = {"current_jti": "x", "last_used_at": now, "expires_at": now + timedelta(days=1)}
        TokenFamily.objects.create(user=bob, **(family | fields))
    found = moderator.list_of(TokenFamily, state=state, user=bob.id).context["cl"].result_list
    assert [family.user_agent for family in found] == [state]


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_sign_ins(
    moderator: ModerationClient, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        open_token_family(user=make_user(f"User{number}"))
    moderator.settle()
    with django_assert_num_queries(4):
        moderator.list_of(TokenFamily)
    family = TokenFamily.objects.first()
    assert family is not None
    moderator.page_of(family)
    with django_assert_num_queries(3):
        assert family.current_jti not in moderator.page_of(family).content.decode()


def test_sign_ins_are_read_only_and_their_secrets_not_searchable(
    moderator: ModerationClient, bob: User
) -> None:
    open_token_family(user=bob)
    family = TokenFamily.objects.get(user=bob)
    assert moderator.client.post(moderator.address(TokenFamily, family), {}).status_code == 403
    for lookup in ("current_jti__startswith", "user__password__startswith"):
        assert moderator.list_of(TokenFamily, **{lookup: "x"}).status_code == 400


def test_the_log_shows_actor_object_and_reason(moderator: ModerationClient, bob: User) -> None:
    moderator.act("suspend_users", bob, **suspension())
    page = moderator.list_of(LogEntry, q="spam").content.decode()
    for words in ("staff@example.org", "bob@example.org", "Suspended: Spam."):
        assert words in page
    assert moderator.list_of(LogEntry, q="other").context["cl"].result_count == 0
    entry = LogEntry.objects.get()
    assert moderator.client.post(moderator.address(LogEntry, entry), {}).status_code == 403
    assert (
        moderator.client.post(f"{moderator.address(LogEntry)}{entry.pk}/delete/").status_code == 403
    )


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_length_of_the_log(
    moderator: ModerationClient, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        moderator.act("suspend_users", make_user(f"User{number}"), **suspension())
    moderator.list_of(LogEntry)
    with django_assert_num_queries(4):
        moderator.list_of(LogEntry)
