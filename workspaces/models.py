"""Projects, their members, invitations, workspaces, and the log of what happened."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel
from workspaces.permissions import Role

NAME_MAX_CHARS = 100
DESCRIPTION_MAX_CHARS = 500
# Of the name of what an activity is about: as long as a poll's question.
TARGET_NAME_MAX_CHARS = 500
VERB_MAX_CHARS = 40
PROJECT_DELETED = "project.deleted"


class Project(SearchableModel):
    """A team: its members share workspaces with polls, a room and jobs.

    ``last_seq`` is the number of its newest activity. ``revision`` rises with every change of the
    row itself and of its members. Both are assigned under the lock of this row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    searchable_name = SearchableField(of="name")
    description = models.CharField(max_length=DESCRIPTION_MAX_CHARS, blank=True)
    creator = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    member_count = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveBigIntegerField(default=0)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """An account in a project, with its role; guests cannot be members."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own, because the unique constraint starts with it.
    project = models.ForeignKey(Project, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="project_memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], name="workspaces_one_membership_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.project_id}"


class Invitation(models.Model):
    """An offer to join a project, to one email address.

    Open until it is answered or revoked; an open one may have expired. Sending it again replaces
    the token, of which only the hash is stored.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    # Normalized, as accounts have it.
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    sent_count = models.PositiveIntegerField(default=1)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    OPEN = Q(accepted_at=None, declined_at=None, revoked_at=None)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["project", "email"],
                name="workspaces_one_open_invitation_per_email",
                condition=Q(accepted_at=None, declined_at=None, revoked_at=None),
            )
        ]
        indexes = [
            # For the list of a person's invitations.
            models.Index(fields=["email"], name="workspaces_invitations_of"),
            models.Index(fields=["expires_at"], name="workspaces_invitations_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.project_id}"


class Workspace(SearchableModel):
    """A part of a project that holds polls. It never moves to another project."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="workspaces", db_index=False)
    name = models.CharField(max_length=NAME_MAX_CHARS)
    searchable_name = SearchableField(of="name")
    # Validated by workspaces.settings.
    settings = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["project", "id"], name="workspaces_of_project")]

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """Something that happened in a project. Append-only: PostgreSQL refuses updates and deletes.

    ``seq`` numbers the activities of a project without gaps. ``actor_id`` is None for what the
    clock did, such as closing a poll. The ids have no foreign keys, because a row outlives what
    it is about. Only ``workspaces.activity`` writes and prunes rows.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(
        Project, models.DO_NOTHING, related_name="activities", db_index=False, db_constraint=False
    )
    seq = models.PositiveBigIntegerField()
    actor = models.ForeignKey(
        User, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    # What was done, such as "poll.published".
    verb = models.CharField(max_length=VERB_MAX_CHARS)
    # On what: "project", "workspace", "member", "invitation", "poll", "job"; and its name then.
    target_kind = models.CharField(max_length=12)
    target_id = models.UUIDField(null=True)
    target_name = models.CharField(max_length=TARGET_NAME_MAX_CHARS, blank=True)
    workspace_id = models.UUIDField(null=True)
    # The changed fields, by their names on the wire.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("project", "seq")
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "seq"], name="workspaces_one_activity_per_seq"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="workspaces_activity_by_age"),
            # For the pruner of what deleted projects leave.
            models.Index(
                fields=["created_at"],
                name="workspaces_deleted_projects",
                condition=Q(verb=PROJECT_DELETED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} in {self.project_id}: {self.verb}"
