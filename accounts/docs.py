"""How the account endpoints stand in the OpenAPI document."""

from functools import partial

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
    "updatedAt": "2026-05-04T09:30:00Z",
    "pollCount": 2,
    "voteCount": 7,
}
_PUBLIC_USER = {"id": _ID, "name": "Ada", "status": "online", "statusText": "", "email": None}
_DEVICE = (
    "01985c2e7a4b7c119f0e3f3b1c7d2a10-0123456789abcdef-0123456789abcdef:1wXyZ0:0123456789abcdef…"
)
_CREDENTIALS = {"email": "ada@example.org", "password": "correct horse battery"}

_way_in = partial(operation, tag="Accounts", access="nobody", is_write=True)
_own = partial(operation, tag="Accounts")
_users = partial(operation, tag="Users")

_MERGES = (
    "A client that has been a guest so far sends its access token in `Authorization`. Guest "
    "and account are one voter from then on: the guest's ballots become the account's, and where "
    "both have voted the account's ballot stands. A token that is no good is ignored."
)

_DEVICES = (
    "Wrong passwords are limited for each email, which strangers can use up. Keep the "
    "`deviceToken` of the response and send it the next time, here or as the cookie that is set as "
    "well: then only wrong passwords of your own device count. A token is good until the password "
    "changes."
)

register = _way_in(
    "register",
    "Open an account",
    description=_MERGES,
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
log_in = _way_in(
    "logIn",
    "Sign in",
    description=f"{_DEVICES} {_MERGES}",
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
refresh = _way_in(
    "refreshTokens",
    "Get the next pair of tokens",
    description="The refresh token is spent. For some seconds (30 by default) it gets the same "
    "pair again, since a response can get lost, and two tabs can refresh at once. After that, "
    "spending it again revokes its whole family, since somebody must have copied it.",
    body=serializers.RefreshTokenSerializer,
    body_example={"refreshToken": _TOKENS["refreshToken"]},
    success={200: wire.Refreshed},
    example={"message": "Tokens refreshed successfully", "tokens": _TOKENS},
    refusals=[RefreshTokenReusedError, TokenInvalidError],
)
log_out = _way_in(
    "logOut",
    "Sign out",
    description="Revokes the token's family and closes the sockets opened with it.",
    body=serializers.RefreshTokenSerializer,
    body_example={"refreshToken": _TOKENS["refreshToken"]},
    success={200: Done},
    example={"message": "Logout successful"},
    refusals=[TokenInvalidError],
)
create_guest = _way_in(
    "createGuest",
    "Take part without an account",
    description="A guest can vote, and talk where guests may, but not create anything. Keep the "
    "`renewalToken`: after the tokens have expired, sending it here gives the same guest new ones "
    "(200), so that one voter stays one voter. A `name` sent with it is ignored.",
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
    "Choose another password",
    description="All other sign-ins of this account end. Send the `deviceToken` when you sign in.",
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
request_password_reset = _way_in(
    "requestPasswordReset",
    "Ask for a link to choose a new password",
    description="The answer is the same whether there is such an account or not.",
    body=serializers.PasswordResetSerializer,
    body_example={"email": "ada@example.org"},
    success={200: Done},
    example={"message": "If there is such an account, a link is on its way to it"},
)
confirm_password_reset = _way_in(
    "confirmPasswordReset",
    "Choose a new password with the token of the link",
    description="All sign-ins of this account end. You can sign in at once, whatever number of "
    "wrong passwords others have sent: pass the `deviceToken` on.",
    body=serializers.PasswordResetConfirmSerializer,
    body_example={
        "token": f"{_ID}.c9x0yz-0123456789abcdef",
        "newPassword": "incorrect mule charger",
    },
    success={200: wire.PasswordChanged},
    example={"message": "Password changed successfully", "deviceToken": _DEVICE},
    refusals=[errors.ResetTokenInvalidError],
)
confirm_email = _way_in(
    "confirmEmail",
    "Confirm a new email address with the token of the link",
    description="The token is good once and for an hour. No sign-in is needed.",
    body=serializers.EmailConfirmSerializer,
    body_example={"token": f"{_ID}.c9x0yz-0123456789abcdef"},
    success={200: Done},
    example={"message": "Email address changed successfully"},
    refusals=[errors.EmailTokenInvalidError, errors.EmailTakenError],
)
read_profile = partial(
    _own,
    summary="Get your account",
    description="Your account with the numbers of your polls and votes. `/auth/me`, `/users/me` "
    "and `/users/profile` return the same.",
    success={200: wire.OwnProfile},
    example={"user": _PROFILE},
)
update_profile = _own(
    "updateProfile",
    "Change your name or email address",
    description="A new `email` takes `currentPassword`. It stands as `pendingEmail` until the link "
    "sent to it is opened, or its token is sent to `/auth/email/confirm`. Your present address "
    "cancels a pending change, and so does a new password.",
    is_write=True,
    body=serializers.ProfileChangeSerializer,
    body_example={"name": "Ada Lovelace"},
    success={200: wire.ChangedProfile},
    example={"message": "Profile updated successfully", "user": _PROFILE},
    refusals=[errors.EmailTakenError, GuestRefusedError],
)
set_status = _own(
    "setStatus",
    "Say how one is",
    description="Others see it beside the name. Without `text`, an earlier text is cleared.",
    is_write=True,
    body=serializers.StatusChangeSerializer,
    body_example={"status": "busy", "text": "On stage"},
    success={200: wire.ChangedProfile},
    example={"message": "Status updated successfully", "user": _PROFILE},
)
create_user = _users(
    "createUser",
    "Open an account without signing in",
    description=_MERGES,
    access="anybody",
    is_write=True,
    body=serializers.RegisterSerializer,
    body_example={"name": "Ada", **_CREDENTIALS},
    success={201: wire.Registered},
    example={"message": "User created successfully", "user": _ACCOUNT},
    refusals=[errors.EmailTakenError],
)
list_users = _users(
    "listUsers",
    "The people who have accounts",
    description="Newest first, without guests and suspended accounts. Only staff see the email "
    "addresses of others.",
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
    "Find people by a part of their name",
    description="Case does not matter. Staff can also search by a part of the email address.",
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
    "One person",
    description="Guests and suspended accounts are not found.",
    success={200: wire.OneUser},
    example={"user": _PUBLIC_USER},
    refusals=[errors.UserNotFoundError, GuestRefusedError],
)
