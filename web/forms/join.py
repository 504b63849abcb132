"""The form for joining a poll by its code."""

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.base import PageForm, TextField


class JoinForm(PageForm):
    code = TextField(
        label=_("Join code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "class": "code-input",
                "inputmode": "numeric",
                "autocomplete": "off",
                "enterkeyhint": "go",
                "placeholder": "123 456",
            }
        ),
        error_messages={"required": _("Enter the code shown on the screen.")},
    )
