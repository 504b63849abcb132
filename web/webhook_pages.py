"""What the pages of webhooks share: titles, addresses, and the secret that is shown once."""

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from webhooks.models import Webhook

# Under this key the session holds a new secret until its page has shown it: [id, secret].
_SECRET = "webhook_secret"  # noqa: S105 - not a secret


def list_url(project_id: UUID | None) -> str:
    if project_id is None:
        return reverse("web:webhooks")
    return reverse("web:project-webhooks", args=[project_id])


def title_of(webhook: Webhook) -> str:
    return webhook.name or urlsplit(webhook.url).netloc


def show_secret(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    """Redirects to the webhook's page, which shows its new secret."""
    request.session[_SECRET] = [str(webhook.id), webhook.secret]
    return redirect("web:webhook", webhook.id)


def take_secret(request: HttpRequest, webhook: Webhook) -> str:
    """Returns the webhook's new secret, the first time that its page asks; otherwise ``""``."""
    webhook_id, secret = request.session.get(_SECRET, ["", ""])
    if webhook_id != str(webhook.id):
        return ""
    del request.session[_SECRET]
    return str(secret)
