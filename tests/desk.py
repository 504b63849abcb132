"""The desk as somebody uses it: pages to read, actions to choose, forms to fill."""

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

Answer = Any


class Desk:
    """Somebody's browser at /admin; ``user`` is signed in, or nobody is."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def settle(self) -> None:
        """Opens a first page, with which the session gets the sign-in behind it."""
        self.client.get(reverse("admin:index"))

    def list_of(self, model: type[Model], **query: Any) -> Answer:
        return self.client.get(self.address(model), query)

    def page_of(self, thing: Model) -> Answer:
        return self.client.get(self.address(type(thing), thing))

    def act(self, action: str, *things: Model, **fields: Any) -> Answer:
        """Chooses an action for things of one kind; with ``fields``, answers its question too."""
        answered = {"_answered": "1"} if fields else {"index": "0"}
        keys = [str(thing.pk) for thing in things]
        data = {"action": action, "_selected_action": keys, **answered, **fields}
        return self.client.post(self.address(type(things[0])), data)

    def save(self, thing: Model, **changes: Any) -> Answer:
        """Opens the page of a thing, changes some of its fields, and sends all of them."""
        address = self.address(type(thing), thing)
        return self.client.post(address, filled_in(self.client.get(address)) | changes)

    def add(self, model: type[Model], **fields: Any) -> Answer:
        """Fills in the form for a new one."""
        address = reverse(f"admin:{_name(model)}_add")
        return self.client.post(address, filled_in(self.client.get(address)) | fields)

    @staticmethod
    def address(model: type[Model], thing: Model | None = None) -> str:
        if thing is None:
            return reverse(f"admin:{_name(model)}_changelist")
        return reverse(f"admin:{_name(model)}_change", args=[thing.pk])


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def filled_in(page: Answer) -> dict[str, Any]:
    """What a browser would send of a page's form if nothing was changed."""
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


def messages_of(answer: Answer) -> list[str]:
    """What the desk said to what was done just now."""
    storage: Any = get_messages(answer.wsgi_request)
    return [str(message) for message in storage._queued_messages]


def errors_of(answer: Answer) -> list[str]:
    """What a form that is shown again finds wrong, all of it."""
    errors = list(answer.context["errors"])
    return [unescape(re.sub("<.*?>", "", str(error))) for error in errors]


def log_of(thing: Model | None = None) -> list[str]:
    """What the log says, oldest first: of one thing, or at all."""
    entries = LogEntry.objects.order_by("id")
    if thing is not None:
        entries = entries.filter(object_id=str(thing.pk))
    return [entry.get_change_message() for entry in entries]


def draft(make_poll: MakePoll, **fields: Any) -> Poll:
    """Not published yet."""
    return make_poll(is_published=False, **fields)


def closed(make_poll: MakePoll, staff: User, **fields: Any) -> Poll:
    """Closed by staff."""
    return close_poll(actor=actor_of(staff), poll_id=make_poll(**fields).id)


def overdue(make_poll: MakePoll, **fields: Any) -> Poll:
    """Past its deadline, and nobody has got round to saying so."""
    poll = make_poll(**fields)
    Poll.objects.filter(id=poll.id).update(closes_at=timezone.now() - timedelta(seconds=1))
    return Poll.objects.get(id=poll.id)


def suspension(votes: str = "stand") -> dict[str, str]:
    """The answer to what suspending asks."""
    return {"reason": "Spam.", "votes": votes}
