"""Rooms, their members, and messages."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel
from polls.models import Poll
from workspaces.models import Project

ROOM_NAME_MAX_CHARS = 100
MESSAGE_MAX_CHARS = 2000
EMOJI_MAX_CHARS = 16
SLOW_MODE_MAX_S = 3600
HIDDEN_REASON_MAX_CHARS = 500
# Of the id that a client of the lobby's older conversation invents, and of a client network.
LOBBY_ID_MAX_CHARS = 64
NETWORK_MAX_CHARS = 64


class RoomKind(models.TextChoices):
    """Where a room's access comes from.

    Group rooms have members, direct rooms exactly two. A poll's room is for everyone who may see
    the poll, a project's room for the members of the project. There is one lobby, for everyone.
    """

    GROUP = "group"
    DIRECT = "direct"
    POLL = "poll"
    PROJECT = "project"
    LOBBY = "lobby"


class Room(SearchableModel):
    """A room, and the counters of its messages.

    ``last_seq`` is the number of its newest message. ``revision`` rises by one with every message
    and every change of one. Both are assigned under the lock of this row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=RoomKind.choices)
    # Empty for rooms that are named after the other person, the poll or the project.
    name = models.CharField(max_length=ROOM_NAME_MAX_CHARS, blank=True)
    searchable_name = SearchableField(of="name")
    # Whether a group room is listed for everyone and may be joined without an invitation.
    is_open = models.BooleanField(default=False)
    creator = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # Deleted with the poll, in the background: see polls.removal.
    poll = models.OneToOneField(
        Poll, models.DO_NOTHING, null=True, blank=True, related_name="room", db_constraint=False
    )
    # Marked as deleted with the project: see chat.project_rooms.
    project = models.OneToOneField(
        Project, models.DO_NOTHING, null=True, blank=True, related_name="room", db_constraint=False
    )
    # The two user ids of a direct room, sorted.
    direct_key = models.CharField(max_length=73, null=True, blank=True, unique=True)
    is_announcement_only = models.BooleanField(default=False)
    # Seconds between two messages of a member; 0 is off.
    slow_mode_s = models.PositiveIntegerField(default=0)
    member_count = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveBigIntegerField(default=0)
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Hidden by staff: only they still see it.
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=HIDDEN_REASON_MAX_CHARS, blank=True, default="")
    # Nobody sees it any more, and its contents are removed in the background: see chat.removal.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                fields=["deleted_at"],
                name="chat_deleted_rooms",
                condition=Q(deleted_at__isnull=False),
            ),
            # For the list of rooms.
            models.Index(fields=["id"], name="chat_open_rooms", condition=Q(is_open=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], name="chat_one_lobby", condition=Q(kind="lobby")
            ),
            models.CheckConstraint(
                name="chat_room_belongs_to_its_kind",
                condition=(Q(kind="poll") & Q(poll__isnull=False) | ~Q(kind="poll"))
                & (Q(kind="project") & Q(project__isnull=False) | ~Q(kind="project"))
                & (Q(kind="direct") & Q(direct_key__isnull=False) | ~Q(kind="direct")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.id}"


class MemberRole(models.TextChoices):
    OWNER = "owner"
    MEMBER = "member"


class Membership(models.Model):
    """A person in a room.

    In the rooms of polls and projects and in the lobby, where nobody has to join, it is created
    when something about the person has to be stored, such as a read marker or a ban. Only rows with
    ``joined_at`` and without ``banned_at`` are members; in a project's room, its members are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="room_memberships")
    role = models.CharField(max_length=6, choices=MemberRole.choices, default=MemberRole.MEMBER)
    joined_at = models.DateTimeField(null=True, blank=True)
    # Invited and not joined yet.
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(null=True, blank=True)
    muted_until = models.DateTimeField(null=True, blank=True)
    banned_at = models.DateTimeField(null=True, blank=True)
    last_read_seq = models.PositiveBigIntegerField(default=0)
    # For slow mode.
    last_posted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="chat_one_membership_per_person")
        ]
        # For the list of members.
        indexes = [models.Index(fields=["room", "id"], name="chat_members_of_room")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id}"


class MessageKind(models.TextChoices):
    TEXT = "text"
    SYSTEM = "system"


class Message(SearchableModel):
    """A message. Rows are never deleted while their room exists: a deleted one is a tombstone.

    ``seq`` numbers the messages of a room without gaps. ``created_revision`` and ``revision`` are
    the room's revisions when the message was posted and when it last changed. Only ``chat.ledger``
    writes messages.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveBigIntegerField()
    created_revision = models.PositiveBigIntegerField()
    revision = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=6, choices=MessageKind.choices, default=MessageKind.TEXT)
    # None for the system's messages.
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="messages")
    body = models.CharField(max_length=MESSAGE_MAX_CHARS, blank=True)
    searchable_body = SearchableField(of="body")
    # The first message of a thread; replies cannot be replied to.
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replies", db_index=False
    )
    reply_count = models.PositiveIntegerField(default=0)
    last_reply_at = models.DateTimeField(null=True, blank=True)
    # The poll of a card to vote on. No foreign key, because the message outlives the poll.
    poll_id = models.UUIDField(null=True, blank=True)
    # What a message of the system says, as data: see chat.notices.
    notice = models.JSONField(null=True, blank=True)
    # The author's idempotency key.
    key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    # What a client of the lobby's older conversation calls itself, and its own time stamp.
    legacy = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("room", "seq")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="chat_one_message_per_seq"),
            models.UniqueConstraint(
                fields=["room", "author", "key"], name="chat_one_message_per_key"
            ),
        ]
        indexes = [
            # What a process or a client has missed.
            models.Index(fields=["room", "revision"], name="chat_messages_by_revision"),
            models.Index(
                fields=["parent", "seq"],
                name="chat_replies",
                condition=Q(parent__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} in {self.room_id}"


class MessageEdit(models.Model):
    """An earlier text of a message, for staff."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="edits")
    body = models.CharField(max_length=MESSAGE_MAX_CHARS)
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at}"


class Mention(models.Model):
    """A member that a message mentions."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    # Those of the message, to count a person's unread mentions by one index.
    room_id = models.UUIDField()
    seq = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="chat_one_mention_per_person")
        ]
        indexes = [models.Index(fields=["user", "room_id", "seq"], name="chat_mentions_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"


class Reaction(models.Model):
    """An emoji that a person added to a message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=EMOJI_MAX_CHARS)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["message", "user", "emoji"], name="chat_one_reaction_per_person_and_emoji"
            )
        ]

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user_id} on {self.message_id}"


class ThreadFollow(models.Model):
    """A person who follows a thread, and how far they have read its replies."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="followers", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    last_read_seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="chat_one_follow_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.message_id}"


class LobbyIdentity(models.Model):
    """An id that a client of the lobby's older conversation invented, and whose it is.

    ``holder`` is the id of the session that uses it, new each time a connection takes it; None once
    that is gone. Only clients of the same network may take it then, and if it ``needs_token``,
    because it is an account's, only that account.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client_id = models.CharField(max_length=LOBBY_ID_MAX_CHARS, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    needs_token = models.BooleanField(default=False)
    network = models.CharField(max_length=NETWORK_MAX_CHARS, blank=True)
    holder = models.UUIDField(null=True, blank=True)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.client_id
