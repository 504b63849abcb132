"""Forms of the moderation admin. Services validate the values; forms show their errors."""

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import construct_instance

from accounts.credentials import check_credentials
from accounts.errors import CredentialsRefusedError
from accounts.form_fields import EmailField
from accounts.identity import EMAIL_MAX_CHARS, NAME_MAX_CHARS
from accounts.known_devices import shown_tokens
from accounts.models import User
from accounts.serializers import PASSWORD_MAX_CHARS
from apikit.errors import ApiError
from apikit.forms import LineField, ParagraphField
from apikit.throttling import client_address

REASON_MAX_CHARS = 500

M = TypeVar("M", bound=Model)
if TYPE_CHECKING:
    _ModelForm = forms.ModelForm
else:

    class _ModelForm(forms.ModelForm, Generic[M]): ...


class ServiceForm(_ModelForm[M]):
    """A model form that a service validates.

    ``refusal`` is the error of the service if it refused this form.
    """

    refusal: ApiError | None = None

    def clean(self) -> dict[str, Any]:
        if self.refusal is not None:
            self._show(self.refusal)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Fill the instance, without the constraint checks of Django, whose errors name columns."""
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)

    def _show(self, refusal: ApiError) -> None:
        if not refusal.errors:
            self.add_error(None, refusal.message)
        for error in refusal.errors:
            name, _dot, rest = to_snake_case(error.field).partition(".")
            if name in self.fields:
                # Of an object, the field below it is named: steps of settings.steps.
                below = error.field.partition(".")[2]
                self.add_error(name, f"{below}: {error.message}" if rest else error.message)
            else:
                self.add_error(None, f"{_place(error.field)}{error.message}")


def to_snake_case(name: str) -> str:
    """``maxChoices`` → ``max_choices``."""
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _place(field: str) -> str:
    """``options.1`` → ``Option 2: ``; empty for fields that are not in a list."""
    match = re.match(r"(\w+)s\.(\d+)", field)
    return f"{match[1].capitalize()} {int(match[2]) + 1}: " if match else ""


class UserForm(ServiceForm[User]):
    """``is_staff`` and ``is_superuser`` are there for those who may set them."""

    name = LineField(max_length=NAME_MAX_CHARS)

    class Meta:
        help_texts = {
            "is_staff": "Can use this admin and change all polls.",
            "is_superuser": "Can moderate other staff, and set passwords.",
        }
        labels = {"is_staff": "Staff", "is_superuser": "Superuser"}


class NewAccountForm(ServiceForm[User]):
    name = LineField(max_length=NAME_MAX_CHARS)
    email = EmailField(max_length=EMAIL_MAX_CHARS)
    password = forms.CharField(
        max_length=PASSWORD_MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Ask the person to change it soon.",
    )


class ReasonForm(forms.Form):
    """Asks for the reason of an action."""

    reason = ParagraphField(
        max_length=REASON_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        label="Reason (private)",
        help_text="Only staff can read this. It is kept in the log.",
    )


class SuspensionForm(ReasonForm):
    """Asks for the reason, and whether to remove the votes and messages."""

    votes = forms.ChoiceField(
        choices=[
            ("stand", "are kept"),
            ("withdraw", "are removed, from closed polls too (cannot be undone)"),
        ],
        widget=forms.RadioSelect,
        label="Their votes and messages",
        initial="stand",
    )


class NewPasswordForm(ReasonForm):
    """Asks for the reason and the new password."""

    new_password = forms.CharField(
        max_length=PASSWORD_MAX_CHARS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class AdminSignInForm(AdminAuthenticationForm):
    """Django's form, with the limits on guessing that signing in over the API has."""

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return self.cleaned_data
        assert self.request is not None
        try:
            self.user_cache = check_credentials(
                email=email,
                password=password,
                address=client_address(self.request),
                device_tokens=shown_tokens(self.request),
            )
        except CredentialsRefusedError as refusal:
            raise self.get_invalid_login_error() from refusal
        except ApiError as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal
        self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data
