"""Request bodies and queries of the account endpoints."""

from typing import Any

from rest_framework import serializers

from accounts.identity import (
    EMAIL_MAX_CHARS,
    NAME_MAX_CHARS,
    STATUS_TEXT_MAX_CHARS,
    normalize_email,
)
from accounts.known_devices import TOKENS_MAX_CHARS
from accounts.models import Digest, PresenceStatus
from apikit.pagination import PageQuerySerializer
from apikit.searching import SEARCH_RULE
from apikit.serializers import (
    MAX_CHARS_IN_ONE,
    ChoiceField,
    SecretField,
    StrictSerializer,
    TextField,
)
from apikit.text import has_control_characters

# Longer passwords are no safer, and take longer to hash.
PASSWORD_MAX_CHARS = 256
RENEWAL_TOKEN_MAX_CHARS = 1000


class EmailField(serializers.EmailField):
    """An email address, normalized."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": EMAIL_MAX_CHARS, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if len(data) > EMAIL_MAX_CHARS * MAX_CHARS_IN_ONE:
            self.fail("max_length", max_length=EMAIL_MAX_CHARS)
        email = normalize_email(data)
        # Django's validator accepts them within quotes.
        if has_control_characters(email):
            self.fail("invalid")
        return super().to_internal_value(email)


class RegisterSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, help_text="The name that others see.")
    email = EmailField()
    password = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS)


class LoginSerializer(StrictSerializer):
    email = EmailField()
    password = SecretField(max_length=PASSWORD_MAX_CHARS)
    deviceToken = SecretField(max_length=TOKENS_MAX_CHARS, required=False, source="device_token")


class RefreshTokenSerializer(StrictSerializer):
    refreshToken = SecretField(max_length=2000, source="refresh_token")


class GuestSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False, allow_blank=True)
    renewalToken = SecretField(
        max_length=RENEWAL_TOKEN_MAX_CHARS,
        required=False,
        source="renewal_token",
        help_text="From an earlier response: returns the same guest with new tokens.",
    )


class PasswordChangeSerializer(StrictSerializer):
    currentPassword = SecretField(max_length=PASSWORD_MAX_CHARS, source="current_password")
    newPassword = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS, source="new_password")


class PasswordResetSerializer(StrictSerializer):
    email = EmailField()


class PasswordResetConfirmSerializer(StrictSerializer):
    token = SecretField(max_length=200)
    newPassword = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS, source="new_password")


class ProfileChangeSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False)
    email = EmailField(required=False)
    currentPassword = SecretField(
        max_length=PASSWORD_MAX_CHARS,
        source="current_password",
        required=False,
        help_text="Required with a new `email`.",
    )
    digest = ChoiceField(
        choices=Digest.choices,
        required=False,
        help_text="How often you get an email about your polls and projects.",
    )


class EmailConfirmSerializer(StrictSerializer):
    token = SecretField(max_length=200)


class StatusChangeSerializer(StrictSerializer):
    status = ChoiceField(choices=PresenceStatus.choices)
    text = TextField(max_length=STATUS_TEXT_MAX_CHARS, required=False, allow_blank=True)


class UserSearchQuerySerializer(PageQuerySerializer):
    q = TextField(
        max_length=NAME_MAX_CHARS,
        help_text=f"Part of the name; for staff, also of the email address. {SEARCH_RULE}",
    )
