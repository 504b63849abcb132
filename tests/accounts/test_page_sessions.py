"""Page sessions are backed by token families, and end with them."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import TokenFamily, User
from accounts.page_sessions import (
    outlive_password_change,
    page_actor,
    page_user,
    sign_in_page,
    sign_out_page,
)
from accounts.selectors import list_sign_ins
from accounts.services import suspend_user
from accounts.sign_in import change_password, end_all_sign_ins, end_sign_in, open_family
from apikit.actors import visitor
from tests.conftest import PASSWORD, actor_of

pytestmark = pytest.mark.django_db


def request_with(session_key: str | None = None, agent: str = "") -> HttpRequest:
    """A page request with this session."""
    request = RequestFactory().get("/", headers={"User-Agent": agent})
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return request


def sign_in(user: User, agent: str = "") -> str:
    """Signs ``user`` in with a new browser, and returns its session."""
    request = request_with(agent=agent)
    sign_in_page(request, user)
    request.session.save()
    assert request.session.session_key
    return request.session.session_key


def is_signed_in(session_key: str) -> bool:
    return page_actor(request_with(session_key)).is_authenticated


def test_a_visitor_has_no_session(db: None) -> None:
    request = request_with()
    assert page_actor(request) == visitor()
    assert not page_user(request).is_authenticated
    assert not request.session.modified


def test_signing_in_starts_a_session(bob: User) -> None:
    request = request_with(sign_in(bob, agent="Firefox"))
    actor = page_actor(request)
    assert (actor.id, actor.is_guest, actor.is_staff) == (bob.id, False, False)
    assert page_user(request) == bob
    [family] = list_sign_ins(actor)
    assert (family.id, family.user_agent) == (actor.family_id, "Firefox")


def test_a_guest_is_known_as_a_guest(guest: User) -> None:
    assert page_actor(request_with(sign_in(guest))).is_guest


def test_reading_the_session_takes_one_query_more(
    bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = request_with(sign_in(bob))
    with django_assert_num_queries(2):
        page_actor(request)
        page_user(request)
        page_actor(request)


def test_signing_out_ends_the_session_and_its_sign_in_only(bob: User) -> None:
    here, elsewhere = sign_in(bob), sign_in(bob)
    request = request_with(here)
    sign_out_page(request)
    assert page_actor(request) == visitor()
    assert not is_signed_in(here)
    assert is_signed_in(elsewhere)
    assert TokenFamily.objects.filter(user=bob, revoked_at=None).count() == 1


def test_signing_out_as_a_visitor_does_nothing(db: None) -> None:
    sign_out_page(request_with())


def test_another_user_in_the_same_browser_replaces_the_first(bob: User, guest: User) -> None:
    first = sign_in(guest)
    request = request_with(first)
    sign_in_page(request, bob)
    assert page_actor(request).id == bob.id
    assert not Session.objects.filter(session_key=first).exists()
    request.session.save()
    # Only when the browser has the new session: its other tabs reconnect when their sockets close.
    standing = TokenFamily.objects.filter(user=guest, revoked_at=None)
    assert standing.exists()
    assert is_signed_in(str(request.session.session_key))
    assert not standing.exists()


def test_a_revoked_family_ends_its_session(bob: User) -> None:
    here, elsewhere = sign_in(bob), sign_in(bob)
    family_id = page_actor(request_with(elsewhere)).family_id
    assert family_id is not None
    end_sign_in(actor=actor_of(bob), family_id=family_id)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert not Session.objects.filter(session_key=elsewhere).exists()


def test_a_stranger_cannot_end_a_sign_in(bob: User, charlie: User) -> None:
    here = sign_in(bob)
    family_id = page_actor(request_with(here)).family_id
    assert family_id is not None
    end_sign_in(actor=actor_of(charlie), family_id=family_id)
    assert is_signed_in(here)


def test_all_sign_ins_can_be_ended(bob: User, charlie: User) -> None:
    ours, theirs = [sign_in(bob), sign_in(bob)], sign_in(charlie)
    end_all_sign_ins(actor=actor_of(bob))
    assert [is_signed_in(each) for each in ours] == [False, False]
    assert is_signed_in(theirs)


def test_a_suspended_user_has_no_session(bob: User, staff: User) -> None:
    here = sign_in(bob)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    assert not is_signed_in(here)


def test_an_expired_family_ends_its_session(bob: User) -> None:
    here = sign_in(bob)
    TokenFamily.objects.filter(user=bob).update(expires_at=timezone.now())
    assert not is_signed_in(here)


def test_a_sign_in_in_use_does_not_expire_and_is_recorded_hourly(
    bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = sign_in(bob)
    two_hours_ago = timezone.now() - timedelta(hours=2)
    TokenFamily.objects.filter(user=bob).update(
        last_used_at=two_hours_ago, expires_at=timezone.now() + timedelta(hours=1)
    )
    request = request_with(here)
    page_actor(request)
    family = TokenFamily.objects.get(user=bob)
    assert family.last_used_at > two_hours_ago
    assert family.expires_at > timezone.now() + timedelta(days=6)
    # The cookie is set again, with the new expiry.
    assert request.session.modified
    with django_assert_num_queries(2):
        page_actor(request_with(here))


def test_a_session_of_djangos_login_gets_one_family(bob: User, client: Client) -> None:
    client.force_login(bob)
    client.get("/")
    client.get("/")
    assert TokenFamily.objects.filter(user=bob).count() == 1
    end_all_sign_ins(actor=actor_of(bob))
    assert "Sign out" not in client.get("/").content.decode()


def test_an_ended_sign_in_ends_the_admins_session_too(staff: User, client: Client) -> None:
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200
    end_all_sign_ins(actor=actor_of(staff))
    assert client.get("/admin/").status_code == 302


def test_a_password_change_keeps_only_its_own_session(bob: User) -> None:
    bob.set_password(PASSWORD)
    bob.save()
    here, elsewhere = sign_in(bob), sign_in(bob)
    request = request_with(here)
    change_password(
        actor=page_actor(request), current_password=PASSWORD, new_password="mule charger 9"
    )
    outlive_password_change(request)
    request.session.save()
    assert is_signed_in(str(request.session.session_key))
    assert not is_signed_in(elsewhere)


def test_active_sign_ins_are_listed_by_last_use(bob: User, charlie: User) -> None:
    first, second, ended = (open_family(user=bob, user_agent=str(n)) for n in range(3))
    open_family(user=charlie)
    end_sign_in(actor=actor_of(bob), family_id=ended.id)
    TokenFamily.objects.filter(id=first.id).update(last_used_at=timezone.now())
    assert [each.id for each in list_sign_ins(actor_of(bob))] == [first.id, second.id]
