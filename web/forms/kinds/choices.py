"""Single and multiple choice, and questions (Q&A)."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from polls.models import PollKind
from web.forms.kinds.base import Asked, KindForm, NumberField, switch


class SingleForm(KindForm):
    """One option."""

    kind = PollKind.SINGLE
    name = _("Single choice")
    task = _("Choose one option")
    options_hint = _("2 to 50 options. Paste a list to add one option per line.")
    options_error = _("Add 2 to 50 options.")

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:  # noqa: ARG003
        return [gettext("Voters choose one option.")]


class MultipleForm(KindForm):
    """Several options; the maximum is a field of the poll."""

    kind = PollKind.MULTIPLE
    name = _("Multiple choice")
    task = _("Choose several options")
    options_hint = SingleForm.options_hint
    options_error = SingleForm.options_error
    sentences = {
        "min_choices": _("Enter a number no larger than the maximum and the number of options.")
    }
    settings_template = "web/maker/multiple.html"

    min_choices = NumberField(label=_("At least"), min=1, max=50, is_optional=True)

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        least = asked.settings["minChoices"]
        numbers = {"least": least, "most": asked.max_choices}
        if least > 1 and least == asked.max_choices:
            return [gettext("Voters choose exactly %(most)s options.") % numbers]
        if least > 1:
            return [gettext("Voters choose %(least)s to %(most)s options.") % numbers]
        return [
            ngettext(
                "Voters choose %(most)s option.",
                "Voters choose up to %(most)s options.",
                asked.max_choices,
            )
            % numbers
        ]


class QuestionsForm(KindForm):
    """Questions of participants, who vote for each other's."""

    kind = PollKind.QUESTIONS
    name = _("Questions")
    task = _("Ask questions, and vote for others’")
    settings_template = "web/maker/questions.html"

    needs_approval = switch(_("Show a question only after I have approved it"))

    @classmethod
    def takes_options(cls) -> bool:
        return False

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        lines = [gettext("Voters ask questions, and vote for those of others.")]
        if asked.settings["needsApproval"]:
            lines.append(gettext("A question is shown after you have approved it."))
        return lines
