"""The forms for creating a room and for its settings. The services validate."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import ROOM_NAME_MAX_CHARS
from chat.wire import RoomView
from web.forms.base import PageForm, TextField

SLOW_MODES = [
    ("0", _("Off")),
    ("10", _("10 seconds")),
    ("30", _("30 seconds")),
    ("60", _("1 minute")),
    ("300", _("5 minutes")),
    ("3600", _("1 hour")),
]


class RoomForm(PageForm):
    """Creates a group room."""

    name = TextField(
        label=_("Name"),
        max_length=ROOM_NAME_MAX_CHARS,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Enter a name.")},
    )
    is_open = forms.BooleanField(
        label=_("Everyone with an account can find and join this room"), required=False
    )


class RoomSettingsForm(RoomForm):
    """Changes a room. Those of polls and the lobby have neither a name to change nor members."""

    is_announcement_only = forms.BooleanField(label=_("Only owners can write"), required=False)
    slow_mode_s = forms.TypedChoiceField(
        label=_("Slow mode"),
        help_text=_("The time between two messages of a person."),
        choices=SLOW_MODES,
        coerce=int,
    )

    def __init__(self, data: object = None, *, room: RoomView) -> None:
        seconds = room.slow_mode_seconds
        initial = {
            "name": room.name,
            "is_open": room.is_open,
            "is_announcement_only": room.is_announcement_only,
            "slow_mode_s": str(seconds),
        }
        super().__init__(data, initial=initial)
        if str(seconds) not in dict(SLOW_MODES):
            # Set over the API.
            shown = (str(seconds), _("%(count)s seconds") % {"count": seconds})
            self.fields["slow_mode_s"].choices = [*SLOW_MODES, shown]  # type: ignore[attr-defined]
        if room.kind != "group":
            del self.fields["name"], self.fields["is_open"]
