"""Admin actions that call a service for each selected object, and the page that confirms them."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE
from django.contrib.admin.utils import model_ngettext
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts.moderation.base import BACK, ModerationAdmin, actor_of, number_text, write_log
from accounts.moderation.forms import ReasonForm
from apikit.actors import Actor
from apikit.errors import ApiError

M = TypeVar("M", bound=Model)

# More of them would fill the page, and are mostly alike.
REFUSALS_SHOWN = 5
_CONFIRMED = "_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAction:
    """What an action does to one object.

    ``run`` calls a service and returns whether that changed anything. ``outcome`` is a participle
    such as "hidden", for the log and for the message on the page. The log entry is written in the
    transaction of the service. For a service with several transactions (``is_one_transaction`` is
    false) it is written after the last one.
    """

    run: Callable[[Actor, Any], bool]
    outcome: str
    flag: int = CHANGE
    is_one_transaction: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationPage:
    """The page shown before an action runs, which asks for a reason."""

    action: str
    title: str
    button: str
    warning: str = ""
    form_class: type[forms.Form] = ReasonForm

    def form(self, request: HttpRequest) -> forms.Form:
        """Return the form, bound if the page was submitted."""
        return self.form_class(request.POST if _CONFIRMED in request.POST else None)

    def render(
        self,
        model_admin: ModerationAdmin[M],
        request: HttpRequest,
        objects: Iterable[M],
        form: forms.Form,
    ) -> TemplateResponse:
        """Return the page, which lists ``objects`` with their descriptions."""
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.title,
            "opts": model_admin.opts,
            "media": model_admin.media + form.media,
            "confirmation": self,
            "form": form,
            "chosen": [(each.pk, str(each), model_admin.describe(each)) for each in objects],
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "confirmed": _CONFIRMED,
            "back": BACK if BACK in request.POST else "",
        }
        return TemplateResponse(request, "admin/moderation/confirm_action.html", context)


def run_for_each(
    model_admin: ModerationAdmin[M],
    request: HttpRequest,
    objects: Iterable[M],
    action: ObjectAction,
    *,
    reason: str = "",
) -> None:
    """Run ``action`` for one object after another, and show a summary with the errors."""
    changed = unchanged = 0
    refusals: list[str] = []
    for each in objects:
        try:
            has_changed = _run(request, each, action, reason)
        except ApiError as refusal:
            refusals.append(f"“{each}”: {error_text(refusal)}")
        else:
            changed, unchanged = changed + has_changed, unchanged + (not has_changed)
    if changed:
        names = model_ngettext(model_admin.opts, changed)
        messages.success(request, f"{number_text(changed)} {names}: {action.outcome}.")
    if unchanged:
        names = model_ngettext(model_admin.opts, unchanged)
        messages.info(request, f"Nothing to change for {number_text(unchanged)} {names}.")
    for text in refusals[:REFUSALS_SHOWN]:
        messages.error(request, text)
    if len(refusals) > REFUSALS_SHOWN:
        messages.error(request, f"{len(refusals) - REFUSALS_SHOWN} more errors of this kind.")


def _run(request: HttpRequest, thing: Model, action: ObjectAction, reason: str) -> bool:
    outcome = action.outcome.capitalize()
    message = f"{outcome}: {reason}" if reason else f"{outcome}."
    # Deleting clears the key, which the log needs.
    key = thing.pk
    with transaction.atomic() if action.is_one_transaction else nullcontext():
        has_changed = action.run(actor_of(request), thing)
        thing.pk = key
        if has_changed:
            write_log(request, thing, message, action.flag)
    return has_changed


def error_text(error: ApiError) -> str:
    """Return the messages of all field errors, or the error's own, for pages without fields."""
    return " ".join(each.message for each in error.errors) or error.message
