"""Doing something to each of what was chosen on the desk, and asking before that."""

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

from accounts.desk import BACK, DeskAdmin, actor_of, number_text, write_log
from accounts.desk_forms import ReasonForm
from apikit.actors import Actor
from apikit.errors import ApiError

M = TypeVar("M", bound=Model)

# More of them would fill the page, and would mostly say the same.
REFUSALS_SHOWN = 5
_ANSWERED = "_answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is done to each: ``act`` calls a service, and says whether that changed anything.

    ``done`` is what they are then, for the log and for who did it. The entry in the log is
    written in the transaction of the deed. Where the service goes through several transactions
    (``is_one_transaction`` is false) it is written after them, before anybody is told.
    """

    act: Callable[[Actor, Any], bool]
    done: str
    flag: int = CHANGE
    is_one_transaction: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The page between choosing an action and its being done, which asks for a reason."""

    action: str
    title: str
    button: str
    warning: str = ""
    form_class: type[forms.Form] = ReasonForm

    def form(self, request: HttpRequest) -> forms.Form:
        """The answer, if there is one already."""
        return self.form_class(request.POST if _ANSWERED in request.POST else None)

    def page(
        self, desk: DeskAdmin[M], request: HttpRequest, chosen: Iterable[M], form: forms.Form
    ) -> TemplateResponse:
        context = {
            **desk.admin_site.each_context(request),
            "title": self.title,
            "opts": desk.opts,
            "media": desk.media + form.media,
            "question": self,
            "form": form,
            "chosen": [(thing.pk, str(thing), desk.describe(thing)) for thing in chosen],
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "answered": _ANSWERED,
            "back": BACK if BACK in request.POST else "",
        }
        return TemplateResponse(request, "admin/desk/question.html", context)


def do_to_each(
    desk: DeskAdmin[M], request: HttpRequest, chosen: Iterable[M], deed: Deed, *, reason: str = ""
) -> None:
    """Does it to one after the other; says how many it was done to, and why not to others."""
    done = unchanged = 0
    refusals: list[str] = []
    for thing in chosen:
        try:
            has_changed = _do(request, thing, deed, reason)
        except ApiError as refusal:
            refusals.append(f"“{thing}”: {in_words(refusal)}")
        else:
            done, unchanged = done + has_changed, unchanged + (not has_changed)
    if done:
        things = model_ngettext(desk.opts, done)
        messages.success(request, f"{number_text(done)} {things}: {deed.done}.")
    if unchanged:
        things = model_ngettext(desk.opts, unchanged)
        messages.info(request, f"There was nothing to change for {unchanged} {things}.")
    for words in refusals[:REFUSALS_SHOWN]:
        messages.error(request, words)
    if len(refusals) > REFUSALS_SHOWN:
        messages.error(request, f"The same or the like for {len(refusals) - REFUSALS_SHOWN} more.")


def _do(request: HttpRequest, thing: Model, deed: Deed, reason: str) -> bool:
    done = deed.done.capitalize()
    note = f"{done}: {reason}" if reason else f"{done}."
    # Deleting takes away the key, which the log needs.
    key = thing.pk
    with transaction.atomic() if deed.is_one_transaction else nullcontext():
        has_changed = deed.act(actor_of(request), thing)
        thing.pk = key
        if has_changed:
            write_log(request, thing, note, deed.flag)
    return has_changed


def in_words(refusal: ApiError) -> str:
    """A refusal with all that is wrong, for who has no fields to show it at."""
    return " ".join(error.message for error in refusal.errors) or refusal.message
