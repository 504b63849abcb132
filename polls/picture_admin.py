"""Pictures of polls in the admin: to look at, and to remove."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.actions import ConfirmationPage, ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, moment_text, number_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from apikit.actors import Actor
from polls.models import Option, Picture, Poll
from polls.picture_moderation import remove_picture
from polls.picture_wire import picture_url

# A picture can be in many copies of a poll.
POLLS_SHOWN = 5

DELETE = ConfirmationPage(
    action="delete_selected",
    title="Remove",
    button="Remove permanently",
    warning="They disappear from all polls that use them, which stay with their texts and votes.",
)


def pictures_of(poll: Poll) -> str:
    """Return the URL of the list of pictures that the creator of a poll has uploaded."""
    query = urlencode({"owner": poll.creator_id})
    return f"{reverse('admin:polls_picture_changelist')}?{query}"


@admin.action(description="Remove…", permissions=["delete"])
def delete_selected(
    model_admin: ModerationAdmin[Picture], request: HttpRequest, pictures: QuerySet[Picture]
) -> HttpResponse | None:
    """Replace Django's action of this name."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.render(model_admin, request, pictures, form)

    def run(actor: Actor, picture: Picture) -> bool:
        remove_picture(actor=actor, picture_id=picture.pk)
        return True

    action = ObjectAction(run=run, outcome="removed", flag=DELETION)
    run_for_each(model_admin, request, pictures, action, reason=form.cleaned_data["reason"])
    return None


@admin.register(Picture)
class PictureAdmin(ModerationAdmin[Picture]):
    """Lists pictures with the polls that use them; four queries besides those of every page."""

    actions = (delete_selected,)
    fields = ("image", "used_in", "owner_shown", "width", "height", "size", "made")
    list_display = ("thumbnail", "used_in", "owner_shown", "size", "made")
    list_filter = (CreatedFilter,)
    lookups = frozenset({"owner"})
    ordering = ("-id",)
    search_fields = ("owner",)
    search_help_text = "A part of the name or email address of who uploaded it."
    sortable_by = ()
    list_per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        # An inner join: options outlive deleted polls for a while.
        options = Option.objects.select_related("poll")
        return (
            super()
            .get_queryset(request)
            .select_related("owner")
            .prefetch_related("polls", Prefetch("options", options))
        )

    def search(self, rows: QuerySet[Picture], text: str) -> QuerySet[Picture]:
        return rows.filter(matching_users(text, by_email=True, prefix="owner__"))

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return True

    def fitting_actions(self, request: HttpRequest, obj: Picture) -> list[str]:
        return ["delete_selected"]

    @admin.display(description="picture")
    def thumbnail(self, picture: Picture) -> SafeString:
        return _image(picture, longest_px=160)

    @admin.display(description="picture")
    def image(self, picture: Picture) -> SafeString:
        return _image(picture, longest_px=800)

    @admin.display(description="polls")
    def used_in(self, picture: Picture) -> SafeString:
        polls = {poll.pk: poll for poll in _polls_of(picture)}
        if not polls:
            return SafeString("none")
        shown = list(polls.values())[:POLLS_SHOWN]
        links = format_html_join(
            SafeString("<br>"),
            '<a href="{}">{}</a>',
            ((reverse("admin:polls_poll_change", args=[each.pk]), each.question) for each in shown),
        )
        more = len(polls) - len(shown)
        return format_html("{}<br>and {} more", links, number_text(more)) if more else links

    @admin.display(description="uploaded by")
    def owner_shown(self, picture: Picture) -> SafeString | str:
        return "a deleted account" if picture.owner is None else user_link(picture.owner)

    @admin.display(description="size")
    def size(self, picture: Picture) -> str:
        return f"{picture.width} × {picture.height}, {number_text(picture.size_bytes)} bytes"

    @admin.display(description="uploaded (UTC)")
    def made(self, picture: Picture) -> SafeString:
        return moment_text(picture.created_at)


def _polls_of(picture: Any) -> list[Poll]:
    return [*picture.polls.all(), *(option.poll for option in picture.options.all())]


def _image(picture: Picture, *, longest_px: int) -> SafeString:
    """Return the picture, scaled down to ``longest_px``."""
    factor = min(1.0, longest_px / max(picture.width, picture.height))
    return format_html(
        '<img src="{}" alt="" width="{}" height="{}" loading="lazy">',
        picture_url(picture.token),
        max(1, round(picture.width * factor)),
        max(1, round(picture.height * factor)),
    )
