"""What may be sent about accounts."""

from typing import Any

from rest_framework import serializers

from accounts.models import NAME_MAX_CHARS, STATUS_TEXT_MAX_CHARS, PresenceStatus
from apikit.pagination import PageQuerySerializer
from apikit.serializers import SecretField, StrictSerializer, TextField

EMAIL_MAX_CHARS = 254
# Longer ones are no safer, and each character costs time to hash.
PASSWORD_MAX_CHARS = 256


class EmailField(serializers.EmailField):
    """An address, kept in lower case."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data).lower()


class RegisterSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS)
    email = EmailField(max_length=EMAIL_MAX_CHARS)
    password = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS)


class LoginSerializer(StrictSerializer):
    email = EmailField(max_length=EMAIL_MAX_CHARS)
    password = SecretField(max_length=PASSWORD_MAX_CHARS)


class RefreshTokenSerializer(StrictSerializer):
    refreshToken = SecretField(max_length=2000, source="refresh_token")


class GuestSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False, allow_blank=True)


class PasswordChangeSerializer(StrictSerializer):
    currentPassword = SecretField(max_length=PASSWORD_MAX_CHARS, source="current_password")
    newPassword = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS, source="new_password")


class PasswordResetSerializer(StrictSerializer):
    email = EmailField(max_length=EMAIL_MAX_CHARS)


class PasswordResetConfirmSerializer(StrictSerializer):
    token = SecretField(max_length=200)
    newPassword = SecretField(min_length=8, max_length=PASSWORD_MAX_CHARS, source="new_password")


class ProfileChangeSerializer(StrictSerializer):
    name = TextField(max_length=NAME_MAX_CHARS, required=False)
    email = EmailField(max_length=EMAIL_MAX_CHARS, required=False)


class StatusChangeSerializer(StrictSerializer):
    status = serializers.ChoiceField(choices=PresenceStatus.choices)
    text = TextField(max_length=STATUS_TEXT_MAX_CHARS, required=False, allow_blank=True)


class UserSearchQuerySerializer(PageQuerySerializer):
    q = serializers.CharField(max_length=NAME_MAX_CHARS)
