"""Rooms and messages in the admin. Direct rooms are private, and not in it."""

from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.admin import user_link
from accounts.models import User
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text, number_text
from accounts.moderation.filters import CreatedFilter
from accounts.selectors import matching_users
from apikit.errors import shortened
from apikit.searching import found_by
from chat import admin_actions as actions
from chat import member_admin  # noqa: F401 - registers it
from chat.admin_filters import (
    HiddenFilter,
    MessageKindFilter,
    RemovedFilter,
    RoomKindFilter,
)
from chat.admin_parts import NAME_COLUMNS, room_link, some_of, title_of
from chat.models import Message, Room, RoomKind
from polls.admin import poll_links
from polls.models import Poll
from workspaces.admin import project_links
from workspaces.admin_parts import list_of, project_link

# The newest messages, of those that the filters leave, whose texts a search reads.
SCANNED_MESSAGES = 50_000
BODY_SHOWN_CHARS = 200


def room_of(poll: Poll) -> str:
    """Return the URL of the list with a poll's room; it is empty until somebody uses the room."""
    return f"{reverse('admin:chat_room_changelist')}?{urlencode({'poll': poll.pk})}"


poll_links.append(("Room", room_of))
project_links.append(("Room", lambda project: list_of("chat_room", project=project.pk)))


@admin.register(Room)
class RoomAdmin(ModerationAdmin[Room]):
    """Lists rooms with two queries besides those of every page."""

    actions = (
        actions.hide_rooms,
        actions.restore_rooms,
        actions.close_rooms,
        actions.open_rooms,
        actions.delete_selected,
    )
    fields = (
        "title",
        "kind",
        "state",
        "creator_shown",
        "poll_shown",
        "project_shown",
        "is_open",
        "is_announcement_only",
        "slow_mode_s",
        "members",
        "last_seq",
        "created_at",
        "hidden_at",
        "hidden_reason",
    )
    list_display = ("title", "kind", "state", "creator_shown", "members", "messages", "made")
    list_display_links = ("title",)
    list_filter = (RoomKindFilter, HiddenFilter, CreatedFilter)
    lookups = frozenset({"poll", "project", "creator"})
    ordering = ("-id",)
    search_fields = ("name", "poll__question", "project__name")
    search_help_text = "A part of the room's name, of its poll's question, or its project's name."
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        # Rooms are read-only; seeing the list is enough to moderate them.
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return obj is None or obj.kind == RoomKind.GROUP

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        rooms = super().get_queryset(request).filter(deleted_at=None)
        return rooms.exclude(kind=RoomKind.DIRECT).select_related("creator", "poll", "project")

    def search(self, rows: QuerySet[Room], text: str) -> QuerySet[Room]:
        return rows.filter(found_by(text, *NAME_COLUMNS))

    def links_for(self, request: HttpRequest, obj: Room) -> list[tuple[str, str]]:
        query = urlencode({"room": obj.pk})
        return [
            (f"{reverse('admin:chat_message_changelist')}?{query}", "Messages"),
            (f"{reverse('admin:chat_membership_changelist')}?{query}", "Members"),
        ]

    def fitting_actions(self, request: HttpRequest, obj: Room) -> list[str]:
        sight = "hide_rooms" if obj.hidden_at is None else "restore_rooms"
        return [sight, "open_rooms" if obj.is_announcement_only else "close_rooms"]

    def describe(self, obj: Room) -> str:
        messages = f"{number_text(obj.last_seq)} message{pluralize(obj.last_seq)}"
        return f"{obj.kind}, {self.members(obj)} members, {messages}"

    @admin.display(description="name")
    def title(self, room: Room) -> str:
        return title_of(room)

    @admin.display(description="state")
    def state(self, room: Room) -> SafeString:
        if room.hidden_at is not None:
            return mark_text("hidden", "moderation-bad")
        if room.is_announcement_only:
            return mark_text("closed for members")
        return mark_text("open", "moderation-good")

    @admin.display(description="creator")
    def creator_shown(self, room: Room) -> SafeString:
        return SafeString("") if room.creator is None else user_link(room.creator)

    @admin.display(description="poll")
    def poll_shown(self, room: Room) -> SafeString:
        if room.poll is None:
            return SafeString("")
        address = reverse("admin:polls_poll_change", args=[room.poll.pk])
        return format_html('<a href="{}">{}</a>', address, room.poll.question)

    @admin.display(description="project")
    def project_shown(self, room: Room) -> SafeString:
        return SafeString("") if room.project is None else project_link(room.project)

    @admin.display(description="members")
    def members(self, room: Room) -> str:
        of_project = room.project
        return number_text(room.member_count if of_project is None else of_project.member_count)

    @admin.display(description="messages")
    def messages(self, room: Room) -> str:
        return number_text(room.last_seq)

    @admin.display(description="created (UTC)")
    def made(self, room: Room) -> SafeString:
        return moment_text(room.created_at)


@admin.register(Message)
class MessageAdmin(ModerationAdmin[Message]):
    """Costs the same with millions of messages: sorts and filters by indexed columns.

    A search finds rooms, people and texts first, then their messages. The list takes two queries
    more than other pages, a search another three.
    """

    actions = (actions.delete_messages,)
    fields = (
        "room_shown",
        "seq",
        "author_shown",
        "body",
        "state",
        "earlier_texts",
        "replies_to",
        "created_at",
        "edited_at",
        "deleted_at",
        "deleted_by",
    )
    list_display = ("made", "text", "author_shown", "room_shown", "state")
    list_filter = (MessageKindFilter, RemovedFilter, CreatedFilter)
    lookups = frozenset({"room", "author", "parent"})
    ordering = ("-id",)
    search_fields = ("body", "author", "room")
    search_help_text = (
        "A part of a room's name, of an author's name or email, or of the text of one of the "
        f"newest {SCANNED_MESSAGES:,} messages; filter the list by room to reach older ones."
    )
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return obj is None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        messages = super().get_queryset(request).defer("searchable_body")
        messages = messages.filter(room__deleted_at=None).exclude(room__kind=RoomKind.DIRECT)
        return messages.select_related("author", "room__poll", "room__project", "deleted_by")

    def search(self, rows: QuerySet[Message], text: str) -> QuerySet[Message]:
        rooms = Room.objects.filter(found_by(text, *NAME_COLUMNS))
        users = User.objects.filter(matching_users(text, by_email=True))
        newest = rows.order_by("-id").values("id")[:SCANNED_MESSAGES]
        texts = Message.objects.filter(found_by(text, "searchable_body"), id__in=newest)
        found = Q(room__in=some_of(rooms)) | Q(author__in=some_of(users)) | Q(id__in=some_of(texts))
        return rows.filter(found)

    def links_for(self, request: HttpRequest, obj: Message) -> list[tuple[str, str]]:
        replies = urlencode({"parent": obj.pk})
        return [(f"{reverse('admin:chat_message_changelist')}?{replies}", "Replies")]

    def fitting_actions(self, request: HttpRequest, obj: Message) -> list[str]:
        return ["delete_messages"] if obj.deleted_at is None else []

    def describe(self, obj: Message) -> str:
        return f"{self.author_shown(obj)}: {shortened(obj.body, BODY_SHOWN_CHARS)}"

    @admin.display(description="sent (UTC)")
    def made(self, message: Message) -> SafeString:
        return moment_text(message.created_at)

    @admin.display(description="text")
    def text(self, message: Message) -> str:
        return shortened(message.body, BODY_SHOWN_CHARS)

    @admin.display(description="author")
    def author_shown(self, message: Message) -> str:
        return "" if message.author is None else user_link(message.author)

    @admin.display(description="room")
    def room_shown(self, message: Message) -> SafeString:
        return room_link(message.room)

    @admin.display(description="state")
    def state(self, message: Message) -> SafeString:
        if message.deleted_at is not None:
            return mark_text("removed", "moderation-bad")
        return mark_text("edited", "moderation-quiet") if message.edited_at else SafeString("")

    @admin.display(description="in the thread of")
    def replies_to(self, message: Message) -> SafeString:
        if message.parent is None:
            return SafeString("")
        address = reverse("admin:chat_message_change", args=[message.parent.pk])
        text = shortened(message.parent.body, BODY_SHOWN_CHARS) or "a removed message"
        return format_html('<a href="{}">{}</a>', address, text)

    @admin.display(description="earlier texts")
    def earlier_texts(self, message: Message) -> SafeString:
        """Return each earlier text, and when it was replaced or removed."""
        return format_html_join(
            mark_safe("<br>"),
            "{}, until {}",
            ((each.body, moment_text(each.replaced_at)) for each in message.edits.order_by("id")),
        )
