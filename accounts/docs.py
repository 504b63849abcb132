"""Descriptions of the account endpoints for the OpenAPI document."""

from collections.abc import Callable
from functools import partial
from typing import Any

from accounts import errors, serializers, wire
from accounts.sign_in import RefreshTokenReusedError
from apikit.errors import GuestRefusedError, InvalidCursorError, TokenInvalidError
from apikit.pagination import ONE_PAGE, PageQuerySerializer
from apikit.schema import operation
from apikit.wire import Done

_ID = "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10"
_ACCOUNT = {
    "id": _ID,
    "name": "Ada",
    "email": "ada@example.org",
    "createdAt": "2026-05-04T09:30:00Z",
}
_TOKENS = {"accessToken": "eyJhbGciOiJIUzI1NiJ9…", "refreshToken": "eyJhbGciOiJIUzI1NiJ9…"}
_PROFILE = {
    **_ACCOUNT,
    "pendingEmail": None,
    "isGuest": False,
    "status": "online",
    "statusText": "",
    "digest": "off",
    "updatedAt": "2026-05-04T09:30:00Z",
    "pollCount": 2,
    "voteCount": 7,
}
_PUBLIC_USER = {"id": _ID, "name": "Ada", "status": "online", "statusText": "", "email": None}
_DEVICE = (
    "01985c2e7a4b7c119f0e3f3b1c7d2a10-0123456789abcdef-0123456789abcdef:1wXyZ0:0123456789abcdef…"
)
_CREDENTIALS = {"email": "ada@example.org", "password": "correct horse battery"}

_sign_in = partial(operation, tag="Accounts", auth="none", is_write=True)
_own = partial(operation, tag="Accounts")
_users = partial(operation, tag="Users")

_MERGES = (
    "If the client was a guest before, send the guest's access token in `Authorization`. Guest and "
    "account are one voter from then on: the guest's ballots move to the account, and where both "
    "have voted, the account's ballot counts. An invalid token is ignored."
)

_DEVICES = (
    "The number of wrong passwords is limited for each email address, and strangers can use it up. "
    "Store the `deviceToken` of the response and send it with the next sign-in, in the body or as "
    "the cookie that the response sets: then only wrong passwords from your own device count. It "
    "is valid until the password changes."
)

register = _sign_in(
    "register",
    "Register an account",
    description=f"Creates an account and signs it in. {_MERGES}",
    body=serializers.RegisterSerializer,
    body_example={"name": "Ada", **_CREDENTIALS},
    success={201: wire.AccountSignedIn},
    example={
        "message": "User registered successfully",
        "user": _ACCOUNT,
        "tokens": _TOKENS,
        "deviceToken": _DEVICE,
    },
    refusals=[errors.EmailTakenError],
)
log_in = _sign_in(
    "logIn",
    "Sign in",
    description=f"Returns a pair of tokens. {_DEVICES} {_MERGES}",
    body=serializers.LoginSerializer,
    body_example=_CREDENTIALS,
    success={200: wire.AccountSignedIn},
    example={
        "message": "Login successful",
        "user": _ACCOUNT,
        "tokens": _TOKENS,
        "deviceToken": _DEVICE,
    },
    refusals=[errors.CredentialsRefusedError, errors.AccountSuspendedError],
)
refresh = _sign_in(
    "refreshTokens",
    "Refresh the tokens",
    description="Returns a new pair; the refresh token sent cannot be used again. For a short time "
    "(30 seconds by default) it returns the same pair, because a response can get lost and two "
    "tabs can refresh at once. After that, using it again revokes all tokens of this sign-in, "
    "because somebody must have copied it.",
    body=serializers.RefreshTokenSerializer,
    body_example={"refreshToken": _TOKENS["refreshToken"]},
    success={200: wire.Refreshed},
    example={"message": "Tokens refreshed successfully", "tokens": _TOKENS},
    refusals=[RefreshTokenReusedError, TokenInvalidError],
)
log_out = _sign_in(
    "logOut",
    "Sign out",
    description="Revokes all tokens of this sign-in and closes the sockets opened with them.",
    body=serializers.RefreshTokenSerializer,
    body_example={"refreshToken": _TOKENS["refreshToken"]},
    success={200: Done},
    example={"message": "Logout successful"},
    refusals=[TokenInvalidError],
)
create_guest = _sign_in(
    "createGuest",
    "Create a guest",
    description="A guest can vote without an account, but cannot create polls. Store the "
    "`renewalToken`. When the other tokens have expired, send it here to get new ones for the same "
    "guest (200), so that one voter stays one voter; a `name` sent with it is ignored.",
    body=serializers.GuestSerializer,
    body_example={"name": "Ada"},
    success={201: wire.GuestSignedIn, 200: wire.GuestSignedIn},
    example={
        "message": "Guest created successfully",
        "user": {**_ACCOUNT, "email": None},
        "tokens": _TOKENS,
        "renewalToken": "01985c2e7a4b7c119f0e3f3b1c7d2a10:1wXyZ0:0123456789abcdef…",
    },
    refusals=[TokenInvalidError, errors.AccountSuspendedError],
)
change_password = _own(
    "changePassword",
    "Change your password",
    description="Ends all other sign-ins of the account. Send the new `deviceToken` when you sign "
    "in.",
    is_write=True,
    body=serializers.PasswordChangeSerializer,
    body_example={
        "currentPassword": "correct horse battery",
        "newPassword": "incorrect mule charger",
    },
    success={200: wire.PasswordChanged},
    example={"message": "Password changed successfully", "deviceToken": _DEVICE},
    refusals=[GuestRefusedError],
)
request_password_reset = _sign_in(
    "requestPasswordReset",
    "Request a password reset",
    description="Sends a link by mail. The response is the same whether or not the account exists.",
    body=serializers.PasswordResetSerializer,
    body_example={"email": "ada@example.org"},
    success={200: Done},
    example={"message": "If the account exists, a link has been sent to it"},
)
confirm_password_reset = _sign_in(
    "confirmPasswordReset",
    "Reset the password",
    description="Takes the token from the link in the mail. Ends all sign-ins of the account. Send "
    "the `deviceToken` when you sign in: it works however many wrong passwords others have sent.",
    body=serializers.PasswordResetConfirmSerializer,
    body_example={
        "token": f"{_ID}.c9x0yz-0123456789abcdef",
        "newPassword": "incorrect mule charger",
    },
    success={200: wire.PasswordChanged},
    example={"message": "Password changed successfully", "deviceToken": _DEVICE},
    refusals=[errors.ResetTokenInvalidError],
)
confirm_email = _sign_in(
    "confirmEmail",
    "Confirm a new email address",
    description="Takes the token from the link in the mail, which works once and for one hour. No "
    "sign-in is needed.",
    body=serializers.EmailConfirmSerializer,
    body_example={"token": f"{_ID}.c9x0yz-0123456789abcdef"},
    success={200: Done},
    example={"message": "Email address changed successfully"},
    refusals=[errors.EmailTokenInvalidError, errors.EmailTakenError],
)


def read_profile(name: str, summary: str) -> Callable[[Any], Any]:
    """Describe one of the three endpoints that return the profile."""
    return _own(
        name,
        summary,
        description="Your account with the number of your polls and votes. `/auth/me`, "
        "`/users/me` and `/users/profile` return the same.",
        success={200: wire.OwnProfile},
        example={"user": _PROFILE},
    )


def change_profile(name: str, summary: str, body_example: dict[str, str]) -> Callable[[Any], Any]:
    """Describe one of the two endpoints that change the profile."""
    return _own(
        name,
        summary,
        description="Fields that are left out stay. A new `email` requires `currentPassword`. It "
        "is shown as `pendingEmail` until you open the link sent to it, or send its token to "
        "`/auth/email/confirm`. Sending your current address, or changing the password, cancels "
        "the change. `PUT` and `PATCH` do the same.",
        is_write=True,
        body=serializers.ProfileChangeSerializer,
        body_example=body_example,
        success={200: wire.ChangedProfile},
        example={"message": "Profile updated successfully", "user": _PROFILE},
        refusals=[errors.EmailTakenError, GuestRefusedError],
    )


update_profile = change_profile(
    "updateProfile", "Change your name or email address", {"name": "Ada Lovelace"}
)
patch_profile = change_profile("changeProfile", "Change your settings", {"digest": "weekly"})
set_status = _own(
    "setStatus",
    "Set your status",
    description="Others see it beside your name. With `offline` you appear to be disconnected: "
    "rooms count you without naming you. Without `text`, an earlier text is cleared.",
    is_write=True,
    body=serializers.StatusChangeSerializer,
    body_example={"status": "busy", "text": "On stage"},
    success={200: wire.ChangedProfile},
    example={"message": "Status updated successfully", "user": _PROFILE},
)
create_user = _users(
    "createUser",
    "Create an account",
    description=f"Like registering, but without signing in. {_MERGES}",
    auth="optional",
    is_write=True,
    body=serializers.RegisterSerializer,
    body_example={"name": "Ada", **_CREDENTIALS},
    success={201: wire.Registered},
    example={"message": "User created successfully", "user": _ACCOUNT},
    refusals=[errors.EmailTakenError],
)
list_users = _users(
    "listUsers",
    "List accounts",
    description="Newest first, without guests and suspended accounts. Only staff see other "
    "people's email addresses.",
    query=PageQuerySerializer,
    success={200: wire.UserList},
    example={
        "users": [_PUBLIC_USER],
        "pagination": ONE_PAGE,
    },
    refusals=[GuestRefusedError, InvalidCursorError],
)
search_users = _users(
    "searchUsers",
    "Search accounts by name",
    description="Finds accounts whose name contains `q`. Staff also find them by email address.",
    query=serializers.UserSearchQuerySerializer,
    success={200: wire.UserList},
    example={
        "users": [_PUBLIC_USER],
        "pagination": ONE_PAGE,
    },
    refusals=[GuestRefusedError, InvalidCursorError],
)
get_user = _users(
    "getUser",
    "Get an account",
    description="The public part of an account. Guests and suspended accounts are not found.",
    success={200: wire.OneUser},
    example={"user": _PUBLIC_USER},
    refusals=[errors.UserNotFoundError, GuestRefusedError],
)
