"""A client for the moderation admin: opens pages, runs actions, submits forms."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from polls.models import Poll
from polls.services import close_poll
from tests.conftest import MakePoll, actor_of

Response = Any


class ModerationClient:
    """A browser at /admin, signed in as ``user`` if there is one."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def settle(self) -> None:
        """Opens a first page, so that the session gets its token family."""
        self.client.get(reverse("admin:index"))

    def list_of(self, model: type[Model], **query: Any) -> Response:
        return self.client.get(self.address(model), query)

    def page_of(self, thing: Model) -> Response:
        return self.client.get(self.address(type(thing), thing))

    def act(self, action: str, *things: Model, **fields: Any) -> Response:
        """Runs an action on things of one model; with ``fields``, submits its confirmation page."""
        step = {"_confirmed": "1"} if fields else {"index": "0"}
        keys = [str(thing.pk) for thing in things]
        data = {"action": action, "_selected_action": keys, **step, **fields}
        return self.client.post(self.address(type(things[0])), data)

    def save(self, thing: Model, **changes: Any) -> Response:
        """Opens the page of a thing, changes some of its fields, and submits all of them."""
        address = self.address(type(thing), thing)
        return self.client.post(address, filled_in(self.client.get(address)) | changes)

    def add(self, model: type[Model], **fields: Any) -> Response:
        """Submits the form for a new object."""
        address = reverse(f"admin:{_name(model)}_add")
        return self.client.post(address, filled_in(self.client.get(address)) | fields)

    @staticmethod
    def address(model: type[Model], thing: Model | None = None) -> str:
        if thing is None:
            return reverse(f"admin:{_name(model)}_changelist")
        return reverse(f"admin:{_name(model)}_change", args=[thing.pk])


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def filled_in(page: Response) -> dict[str, Any]:
    """What a browser submits if nothing in the form was changed."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for field in form:
            _fill_in(data, field)
    return data


def _fill_in(data: dict[str, Any], field: Any) -> None:
    value = field.value()
    if hasattr(field.field.widget, "decompress"):
        for number, part in enumerate(field.field.widget.decompress(value)):
            data[f"{field.html_name}_{number}"] = "" if part is None else str(part)
    elif value is True:
        data[field.html_name] = "on"
    elif value is not None and value is not False:
        data[field.html_name] = str(value)


def messages_of(response: Response) -> list[str]:
    """The messages of Django's messages framework in a response."""
    storage: Any = get_messages(response.wsgi_request)
    return [str(message) for message in storage._queued_messages]


def errors_of(response: Response) -> list[str]:
    """All errors of a form that is shown again."""
    errors = list(response.context["errors"])
    return [unescape(re.sub("<.*?>", "", str(error))) for error in errors]


def log_of(thing: Model | None = None) -> list[str]:
    """The messages of the admin log, oldest first; with ``thing`` only those about it."""
    entries = LogEntry.objects.order_by("id")
    if thing is not None:
        entries = entries.filter(object_id=str(thing.pk))
    return [entry.get_change_message() for entry in entries]


def draft(make_poll: MakePoll, **fields: Any) -> Poll:
    """A draft."""
    return make_poll(is_published=False, **fields)


def closed(make_poll: MakePoll, staff: User, **fields: Any) -> Poll:
    """A poll closed by staff."""
    return close_poll(actor=actor_of(staff), poll_id=make_poll(**fields).id)


def overdue(make_poll: MakePoll, **fields: Any) -> Poll:
    """A poll past its deadline that no process has closed yet."""
    poll = make_poll(**fields)
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    return Poll.objects.get(id=poll.id)


def suspension(votes: str = "stand") -> dict[str, str]:
    """The fields of the confirmation page for suspending."""
    return {"reason": "Spam.", "votes": votes}
