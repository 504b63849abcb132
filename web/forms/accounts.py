"""The forms of accounts, with the same limits as ``accounts.serializers``."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.form_fields import EmailField
from accounts.identity import EMAIL_MAX_CHARS, NAME_MAX_CHARS, STATUS_TEXT_MAX_CHARS
from accounts.models import Digest, PresenceStatus
from accounts.serializers import PASSWORD_MAX_CHARS
from apikit.errors import ApiError, TooManyRequestsError
from web.forms.base import PageForm, TextField

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# A longer wait is due to wrong passwords, not to a queue; resetting the password ends it.
LONG_WAIT_S = 60

STATUSES = [
    (PresenceStatus.ONLINE.value, _("Online")),
    (PresenceStatus.AWAY.value, _("Away")),
    (PresenceStatus.BUSY.value, _("Busy")),
    (PresenceStatus.OFFLINE.value, _("Offline")),
]

DIGESTS = [
    (Digest.OFF.value, _("Never")),
    (Digest.WEEKLY.value, _("Once a week")),
    (Digest.DAILY.value, _("Once a day")),
]


def email_field() -> EmailField:
    return EmailField(
        label=_("Email"),
        max_length=EMAIL_MAX_CHARS,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "dir": "ltr"}),
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an email address such as name@example.org."),
        },
    )


def password_field(label: "str | StrPromise", *, is_new: bool) -> forms.CharField:
    """A password field; whitespace is not stripped."""
    return forms.CharField(
        label=label,
        strip=False,
        min_length=8 if is_new else None,
        max_length=PASSWORD_MAX_CHARS,
        help_text=_("At least 8 characters. A few words work best.") if is_new else "",
        widget=forms.PasswordInput(
            attrs={
                "autocomplete": "new-password" if is_new else "current-password",
                "dir": "ltr",
                # Labels of the button that the script adds.
                "data-show": _("Show"),
                "data-hide": _("Hide"),
            }
        ),
        error_messages={
            "required": _("Enter a password.") if is_new else _("Enter your password."),
            "min_length": _("Use at least 8 characters."),
        },
    )


def name_field() -> TextField:
    return TextField(
        label=_("Name"),
        max_length=NAME_MAX_CHARS,
        help_text=_("Apps may show it next to your polls."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": _("Enter a name.")},
    )


class SignInForm(PageForm):
    email = email_field()
    password = password_field(_("Password"), is_new=False)

    def refuse(self, error: ApiError, field: str | None = None) -> None:
        super().refuse(error, field)
        if isinstance(error, TooManyRequestsError) and (error.retry_after_s or 0) > LONG_WAIT_S:
            self.add_error(None, _("To sign in now, reset your password by email."))


class RegisterForm(PageForm):
    name = name_field()
    email = email_field()
    password = password_field(_("Password"), is_new=True)


class ResetRequestForm(PageForm):
    email = email_field()


class ResetForm(PageForm):
    token = forms.CharField(max_length=200, widget=forms.HiddenInput)
    new_password = password_field(_("New password"), is_new=True)


class ProfileForm(PageForm):
    name = name_field()


class EmailForm(PageForm):
    """A new email address, and the current password."""

    email = email_field()
    current_password = password_field(_("Your password"), is_new=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        # The password form on the same page has a field with the same name.
        super().__init__(*args, **{"auto_id": "id_email_change_%s", **options})


class EraseForm(PageForm):
    """The current password, to delete the account."""

    current_password = password_field(_("Your password"), is_new=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_erase_%s", **options})


class EmailConfirmForm(PageForm):
    token = forms.CharField(max_length=200, widget=forms.HiddenInput)


class DigestForm(PageForm):
    digest = forms.ChoiceField(
        label=_("How often"), choices=DIGESTS, help_text=_("Nothing is sent if nothing happened.")
    )


class StatusForm(PageForm):
    status = forms.ChoiceField(label=_("Your status"), choices=STATUSES)
    text = TextField(
        label=_("Status message"),
        max_length=STATUS_TEXT_MAX_CHARS,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


class PasswordForm(PageForm):
    current_password = password_field(_("Current password"), is_new=False)
    new_password = password_field(_("New password"), is_new=True)
