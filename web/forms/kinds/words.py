"""Word clouds and open texts, and places on a picture."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from polls.models import PollKind
from web.forms.kinds.base import Asked, KindForm, NumberField, switch


class WordCloudForm(KindForm):
    """A few short texts."""

    kind = PollKind.WORD_CLOUD
    name = _("Word cloud")
    task = _("Send a few words")
    sentences = {
        "max_words": _("Enter a whole number from 1 to 10."),
        "max_chars": _("Enter a whole number from 2 to 50."),
    }
    settings_template = "web/maker/row.html"

    max_words = NumberField(label=_("Words per voter"), min=1, max=10)
    max_chars = NumberField(label=_("Characters per word"), min=2, max=50)

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        count, chars = asked.settings["maxWords"], asked.settings["maxChars"]
        sentence = ngettext(
            "Voters send %(count)s word of up to %(chars)s characters.",
            "Voters send up to %(count)s words of up to %(chars)s characters.",
            count,
        )
        return [sentence % {"count": count, "chars": chars}]


class OpenTextForm(KindForm):
    """A text."""

    kind = PollKind.OPEN_TEXT
    name = _("Open text")
    task = _("Write a text")
    sentences = {"max_chars": _("Enter a whole number from 10 to 500.")}

    max_chars = NumberField(label=_("Characters per text"), min=10, max=500)
    needs_approval = switch(_("Show a text only after I have approved it"))

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        chars = asked.settings["maxChars"]
        sentence = ngettext(
            "Voters write a text of up to %(count)s character.",
            "Voters write a text of up to %(count)s characters.",
            chars,
        )
        lines = [sentence % {"count": chars}]
        if asked.settings["needsApproval"]:
            lines.append(gettext("A text is shown after you have approved it."))
        return lines


class HotspotForm(KindForm):
    """Places on a picture."""

    kind = PollKind.HOTSPOT
    name = _("Hotspot")
    task = _("Mark places on a picture")
    settings_template = "web/maker/hotspot.html"
    sentences = {"max_places": _("Enter a whole number from 1 to 10.")}

    max_places = NumberField(label=_("Places per voter"), min=1, max=10)

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        count = asked.settings["maxPlaces"]
        sentence = ngettext(
            "Voters mark %(count)s place on the picture.",
            "Voters mark up to %(count)s places on the picture.",
            count,
        )
        return [sentence % {"count": count}]
