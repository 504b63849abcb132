"""The account endpoints."""

import functools
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import docs, guests, profiles, selectors, serializers, services, sign_in
from accounts.authentication import read_guest_id
from accounts.known_devices import remember_device, set_device_cookie, shown_tokens
from accounts.models import User
from accounts.passwords import password_gate
from accounts.tokens import TokenPair
from accounts.wire import (
    AccountSignedIn,
    AccountView,
    ChangedProfile,
    GuestSignedIn,
    OneUser,
    OwnProfile,
    PasswordChanged,
    PublicUserView,
    Refreshed,
    Registered,
    TokensView,
    UserList,
)
from apikit.errors import IDEMPOTENCY_HEADER
from apikit.idempotency import Handler, idempotent
from apikit.pagination import PageQuerySerializer, page_of
from apikit.throttling import client_address
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done


def _user_agent(request: Request) -> str:
    return request.headers.get("User-Agent", "")


def _account_signed_in(
    request: Request, message: str, user: User, tokens: TokenPair, status: int = 200
) -> Response:
    body = AccountSignedIn(
        message=message,
        user=AccountView.of(user),
        tokens=TokensView.of(tokens),
        device_token=remember_device(request, user),
    )
    return _with_device_cookie(request, respond(body, status))


def _password_changed(request: Request, user: User) -> Response:
    body = PasswordChanged(
        message="Password changed successfully",
        device_token=remember_device(request, user),
    )
    return _with_device_cookie(request, respond(body))


def _with_device_cookie(request: Request, response: Response) -> Response:
    """Set the device cookie; clients without cookies send ``deviceToken``."""
    set_device_cookie(request, response)
    return response


def _guest_signed_in(request: Request, guest: User, *, is_new: bool) -> Response:
    tokens = sign_in.open_token_family(user=guest, user_agent=_user_agent(request))
    body = GuestSignedIn(
        message=f"Guest {'created' if is_new else 'renewed'} successfully",
        user=AccountView.of(guest),
        tokens=TokensView.of(tokens),
        renewal_token=guests.issue_renewal_token(guest),
    )
    return respond(body, 201 if is_new else 200)


def _merge_guest_of(request: Request, user: User) -> None:
    """Merge the guest whose token the client sent when it signed in."""
    guest_id = read_guest_id(request)
    if guest_id is not None:
        guests.merge_guest(guest_id=guest_id, account_id=user.id)


def hashing(handler: Handler) -> Handler:
    """Decorate a handler that hashes a password.

    A request with an idempotency key waits for its turn before the transaction begins, so that no
    lock or connection waits with it.
    """

    @functools.wraps(handler)
    def run_in_turn(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        has_key = IDEMPOTENCY_HEADER in request.headers
        with password_gate().turn() if has_key else nullcontext():
            return handler(view, request, *args, **kwargs)

    return run_in_turn  # type: ignore[return-value]


class SignInViewSet(ApiViewSet):
    """Signing in and out. An expired access token in the header is ignored."""

    authentication_classes = ()

    @docs.register
    @hashing
    @idempotent
    def register(self, request: Request) -> Response:
        body = read_body(serializers.RegisterSerializer, request)
        user = services.register_user(**body)
        _merge_guest_of(request, user)
        tokens = sign_in.open_token_family(user=user, user_agent=_user_agent(request))
        return _account_signed_in(request, "User registered successfully", user, tokens, 201)

    @docs.log_in
    @hashing
    @idempotent
    def log_in(self, request: Request) -> Response:
        body = read_body(serializers.LoginSerializer, request)
        shown = shown_tokens(request, body.pop("device_token", ""))
        user, tokens = sign_in.log_in(
            **body,
            address=client_address(request),
            device_tokens=shown,
            user_agent=_user_agent(request),
        )
        _merge_guest_of(request, user)
        return _account_signed_in(request, "Login successful", user, tokens)

    @docs.refresh
    @idempotent
    def refresh(self, request: Request) -> Response:
        body = read_body(serializers.RefreshTokenSerializer, request)
        tokens = sign_in.rotate_refresh_token(**body)
        return respond(
            Refreshed(message="Tokens refreshed successfully", tokens=TokensView.of(tokens))
        )

    @docs.log_out
    @idempotent
    def log_out(self, request: Request) -> Response:
        sign_in.log_out(**read_body(serializers.RefreshTokenSerializer, request))
        return respond(Done(message="Logout successful"))

    @docs.create_guest
    @idempotent
    def create_guest(self, request: Request) -> Response:
        body = read_body(serializers.GuestSerializer, request)
        renewal_token = body.pop("renewal_token", None)
        if renewal_token is None:
            return _guest_signed_in(request, services.create_guest(**body), is_new=True)
        return _guest_signed_in(request, guests.find_guest_to_renew(renewal_token), is_new=False)

    @docs.request_password_reset
    @idempotent
    def request_password_reset(self, request: Request) -> Response:
        sign_in.request_password_reset(**read_body(serializers.PasswordResetSerializer, request))
        return respond(Done(message="If the account exists, a link has been sent to it"))

    @docs.confirm_password_reset
    @hashing
    @idempotent
    def confirm_password_reset(self, request: Request) -> Response:
        body = read_body(serializers.PasswordResetConfirmSerializer, request)
        return _password_changed(request, sign_in.confirm_password_reset(**body))

    @docs.confirm_email
    @idempotent
    def confirm_email(self, request: Request) -> Response:
        profiles.confirm_email_change(**read_body(serializers.EmailConfirmSerializer, request))
        return respond(Done(message="Email address changed successfully"))


class OwnAccountViewSet(ApiViewSet):
    """The account of the client, under three URLs."""

    @docs.change_password
    @hashing
    @idempotent
    def change_password(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.PasswordChangeSerializer, request)
        return _password_changed(request, sign_in.change_password(actor=actor, **body))

    @docs.read_profile("readOwnAccount", "Get your account")
    def read_me(self, request: Request) -> Response:
        return _own_profile(request)

    @docs.read_profile("readOwnUser", "Get your account, from /users/me")
    def read_user(self, request: Request) -> Response:
        return _own_profile(request)

    @docs.read_profile("readOwnProfile", "Get your account, from /users/profile")
    def read_profile(self, request: Request) -> Response:
        return _own_profile(request)

    @docs.update_profile
    @hashing
    @idempotent
    def update_profile(self, request: Request) -> Response:
        return self._change_profile(request)

    @docs.patch_profile
    @hashing
    @idempotent
    def patch_profile(self, request: Request) -> Response:
        return self._change_profile(request)

    def _change_profile(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.signed_in_id()
        body = read_body(serializers.ProfileChangeSerializer, request)
        profiles.update_profile(actor=actor, **body)
        return _changed_profile(request, "Profile updated successfully")

    @docs.set_status
    @idempotent
    def set_status(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.signed_in_id()
        body = read_body(serializers.StatusChangeSerializer, request)
        services.set_status(actor=actor, **body)
        return _changed_profile(request, "Status updated successfully")


def _own_profile(request: Request) -> Response:
    return respond(OwnProfile(user=selectors.get_profile(actor_of(request))))


def _changed_profile(request: Request, message: str) -> Response:
    profile = selectors.get_profile(actor_of(request))
    return respond(ChangedProfile(message=message, user=profile))


class UserViewSet(ApiViewSet):
    """The public parts of accounts."""

    @docs.list_users
    def list(self, request: Request) -> Response:
        users = selectors.list_users_for(actor_of(request))
        return _page_of_users(request, users, read_query(PageQuerySerializer, request))

    @docs.search_users
    def search(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        query = read_query(serializers.UserSearchQuerySerializer, request)
        users = selectors.list_users_for(actor, search=query["q"])
        return _page_of_users(request, users, query)

    @docs.get_user
    def retrieve(self, request: Request, user_id: UUID) -> Response:
        actor = actor_of(request)
        user = selectors.get_user_for(actor, user_id)
        return respond(OneUser(user=PublicUserView.of(user, actor)))

    @docs.create_user
    @hashing
    @idempotent
    def create(self, request: Request) -> Response:
        user = services.register_user(**read_body(serializers.RegisterSerializer, request))
        _merge_guest_of(request, user)
        shown = AccountView.of(user)
        return respond(Registered(message="User created successfully", user=shown), 201)


def _page_of_users(request: Request, users: QuerySet[User], query: dict[str, Any]) -> Response:
    rows, pagination = page_of(users, query)
    shown = [PublicUserView.of(user, actor_of(request)) for user in rows]
    return respond(UserList(users=shown, pagination=pagination))
