from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.identity import (
    NAME_MAX_CHARS,
    STATUS_TEXT_MAX_CHARS,
    check_email,
    check_name,
    email_spellings,
    normalize_password,
)
from apikit.errors import ValidationFailedError
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel


class PresenceStatus(models.TextChoices):
    """A status that users set for others to see.

    ``OFFLINE`` is that of users who have set none. Users who set it appear to be disconnected.
    """

    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"


class Digest(models.TextChoices):
    """How often an account gets an email about its polls and projects: see ``digests``."""

    OFF = "off"
    WEEKLY = "weekly"
    DAILY = "daily"


class UserManager(BaseUserManager["User"]):
    """For Django's commands and authentication backends; other code calls the services."""

    def get_by_natural_key(self, username: str | None) -> "User":
        found = self.find_by_email(username or "")
        if found is None:
            raise self.model.DoesNotExist
        return found

    def find_by_email(self, email: str) -> "User | None":
        """Return the user with this email address in any spelling; the normalized one first."""
        found = self.find_all_by_email(email)
        return found[0] if found else None

    def find_all_by_email(self, email: str) -> list["User"]:
        """Return all users with the address, including older accounts with other spellings."""
        spellings = email_spellings(email)
        found = self.filter(email__in=spellings)
        return sorted(found, key=lambda user: spellings.index(user.email or ""))

    def create_superuser(self, email: str, name: str, password: str) -> "User":
        """Create a superuser, for ``manage.py createsuperuser``.

        :raises ValidationError: for an invalid email or name, or an email in use.
        """
        try:
            email, name = check_email(email), check_name(name)
        except ValidationFailedError as refusal:
            raise ValidationError([each.message for each in refusal.errors]) from refusal
        if self.find_by_email(email) is not None:
            raise ValidationError("This email address is already in use.")
        user = self.model(email=email, name=name, is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save()
        return user


class User(SearchableModel, AbstractBaseUser, PermissionsMixin):
    """An account with an email address, or a guest without one; an erased account is a guest.

    ``is_active`` is false while the account is suspended.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True, null=True, blank=True)
    # The requested new address, until its link is opened.
    pending_email = models.EmailField(blank=True, default="", db_default="", editable=False)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    searchable_name = SearchableField(of="name")
    searchable_email = SearchableField(of="email", spellings=email_spellings)
    is_guest = models.BooleanField(default=False)
    # The account that the same browser or client signed in to: accounts.guests.
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="guests"
    )
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_reason = models.CharField(max_length=500, blank=True)
    # The row is only kept for the votes, without anything about the person: accounts.erasing.
    erased_at = models.DateTimeField(null=True, editable=False)
    status = models.CharField(
        max_length=10, choices=PresenceStatus.choices, default=PresenceStatus.OFFLINE
    )
    # Whether the status OFFLINE was chosen.
    appears_offline = models.BooleanField(default=False, db_default=False, editable=False)
    status_text = models.CharField(max_length=STATUS_TEXT_MAX_CHARS, blank=True)
    # In which the account last used the pages, for emails; empty if it never did.
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", editable=False
    )
    digest = models.CharField(
        max_length=6, choices=Digest.choices, default=Digest.OFF, db_default=Digest.OFF
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Django sets it for session logins only; last_seen_at has all.
    last_login = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="accounts_guests_have_no_email",
                condition=Q(is_guest=True, email__isnull=True)
                | Q(is_guest=False, email__isnull=False),
            ),
            models.CheckConstraint(
                name="accounts_only_guests_are_merged",
                condition=Q(is_guest=True) | Q(merged_into__isnull=True),
            ),
            models.CheckConstraint(
                name="accounts_email_in_lower_case",
                condition=Q(email__isnull=True) | Q(email=Lower("email")),
            ),
        ]
        indexes = [
            # For a query that every process repeats every two seconds.
            models.Index(
                fields=["suspended_at"],
                name="accounts_recently_suspended",
                condition=Q(suspended_at__isnull=False),
            ),
            models.Index(
                fields=["updated_at"],
                name="accounts_pending_emails_by_age",
                condition=~Q(pending_email=""),
            ),
            models.Index(
                fields=["digest", "id"],
                name="accounts_with_a_digest",
                condition=~Q(digest="off"),
            ),
        ]

    def __str__(self) -> str:
        return self.email or f"{self.name} (guest)"

    @property
    def shown_status(self) -> PresenceStatus:
        """The status that others see while the user is connected, unless it appears offline."""
        if self.status == PresenceStatus.OFFLINE and not self.appears_offline:
            return PresenceStatus.ONLINE
        return PresenceStatus(self.status)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(None if raw_password is None else normalize_password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether the password is right, however its characters are composed.

        Replaces hashes from before passwords were normalized when they are first used.
        """
        if raw_password is None:
            return super().check_password(None)
        password = normalize_password(raw_password)
        if super().check_password(password):
            return True
        if password == raw_password or not super().check_password(raw_password):
            return False
        old_hash = self.password
        self.set_password(password)
        User.objects.filter(id=self.id, password=old_hash).update(password=self.password)
        return True


class EarlierAccount(models.Model):
    """An account that a guest was merged into before ``merged_into``: see ``accounts.guests``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    guest = models.ForeignKey(User, models.CASCADE, related_name="earlier_accounts")
    account = models.ForeignKey(User, models.CASCADE, related_name="earlier_guests")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["guest", "account"], name="accounts_earlier_account_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}, of {self.guest_id}"


class TokenFamily(models.Model):
    """The refresh tokens that descend from one sign-in; its id is their claim ``sid``.

    Only the latest, ``current_jti``, is valid; it was issued at ``rotated_at``. For some seconds
    the one before, ``previous_jti``, gets the same pair again, because a response can get lost. Use
    of an older one means that it was copied, so the family is revoked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    current_jti = models.CharField(max_length=64)
    previous_jti = models.CharField(max_length=64, blank=True, default="", db_default="")
    rotated_at = models.DateTimeField(default=timezone.now, db_default=Now())
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "token families"
        indexes = [
            models.Index(fields=["expires_at"], name="accounts_families_by_expiry"),
            models.Index(
                fields=["revoked_at"],
                name="accounts_recently_revoked",
                condition=Q(revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}, since {self.created_at:%Y-%m-%d}"
