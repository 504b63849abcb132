"""Users and their sign-ins in the admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import hooks, staff
from accounts.admin_actions import (
    delete_selected,
    erase_users,
    restore_users,
    send_links,
    set_password_of_one,
    suspend_users,
)
from accounts.models import TokenFamily, User
from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import (
    ModerationAdmin,
    actor_of,
    mark_text,
    moderator_of,
    moment_text,
    number_text,
)
from accounts.moderation.filters import CreatedFilter, SignInFilter, SuspendedFilter, UserKindFilter
from accounts.moderation.forms import NewAccountForm, UserForm
from accounts.selectors import matching_users
from accounts.services import register_user
from apikit.actors import Actor
from apikit.text import searchable

# Django's groups are not used: see accounts.moderation.base.
admin.site.unregister(Group)


def user_link(user: User) -> SafeString:
    """Return a user's name, linked to their page in the admin."""
    address = reverse("admin:accounts_user_change", args=[user.pk])
    return format_html('<a href="{}">{}</a>', address, str(user))


@admin.register(User)
class UserAdmin(ModerationAdmin[User]):
    """Lists users with two queries besides those of every page: the rows with their counts, and
    the number of rows."""

    actions = (
        suspend_users,
        restore_users,
        send_links,
        set_password_of_one,
        erase_users,
        delete_selected,
    )
    add_form = NewAccountForm
    edit_form = UserForm
    list_display_links = ("person",)
    list_filter = (UserKindFilter, SuspendedFilter, "status", CreatedFilter)
    # Enables the search box; ``search`` decides what it finds, here and in the other classes.
    search_fields = ("name", "email")
    search_help_text = "Part of a name or an email address."
    sortable_by = ("person", "email", "made")

    # Permissions

    def has_add_permission(self, request: HttpRequest) -> bool:
        return moderator_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers may change staff; other staff may change non-staff and their own name."""
        user = moderator_of(request)
        return user.is_superuser or obj is None or obj.pk == user.pk or not obj.is_staff

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_oneself = obj is not None and obj.pk == moderator_of(request).pk
        return self.has_change_permission(request, obj) and not is_oneself

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        """Allow actions with ``permissions=["superuser"]``."""
        return moderator_of(request).is_superuser

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        counts = {f"count_of_{name}": count for name, count in hooks.user_counts.items()}
        return (
            super()
            .get_queryset(request)
            .annotate(**{name: count.expression for name, count in counts.items()})
        )

    def search(self, rows: QuerySet[User], text: str) -> QuerySet[User]:
        return rows.filter(matching_users(text, by_email=True))

    def get_list_display(self, request: HttpRequest) -> Any:
        counts = [_count_column(name) for name in sorted(hooks.user_counts)]
        return ("person", "email", "kind", "access", "status", *counts, "last_seen", "made")

    @admin.display(description="name", ordering="name")
    def person(self, user: User) -> str:
        return user.name

    @admin.display(description="created (UTC)", ordering="id")
    def made(self, user: User) -> SafeString:
        return moment_text(user.created_at)

    @admin.display(description="last seen (UTC)")
    def last_seen(self, user: User) -> SafeString:
        return moment_text(user.last_seen_at)

    @admin.display(description="kind")
    def kind(self, user: User) -> str:
        if user.erased_at is not None:
            return "erased"
        if user.is_superuser:
            return "superuser"
        return "staff" if user.is_staff else "guest" if user.is_guest else "account"

    @admin.display(description="access")
    def access(self, user: User) -> SafeString:
        return mark_text("yes") if user.is_active else mark_text("suspended", "moderation-bad")

    # The change form

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("name", "email", "password")})]
        suspension = () if obj.is_active else ("suspended_at", "suspended_reason")
        return [
            (None, {"fields": ("name", "email", "kind", ("status", "status_text"))}),
            ("Access", {"fields": ("access", *suspension)}),
            ("Rights", {"fields": ("is_staff", "is_superuser")}),
            ("Times", {"fields": (("created_at", "last_seen_at"),)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ()
        user = moderator_of(request)
        may_set_rights = user.is_superuser and obj.pk != user.pk and not obj.is_guest
        return (
            "email",
            "kind",
            "status",
            "status_text",
            "access",
            "suspended_at",
            "suspended_reason",
            "created_at",
            "last_seen_at",
            *(() if may_set_rights else ("is_staff", "is_superuser")),
        )

    def links_for(self, request: HttpRequest, obj: User) -> list[tuple[str, str]]:
        query = urlencode({"user": obj.pk})
        sign_ins = f"{reverse('admin:accounts_tokenfamily_changelist')}?{query}"
        return [*_counts_of(obj), (sign_ins, "Sign-ins")]

    def fitting_actions(self, request: HttpRequest, obj: User) -> list[str]:
        if obj.erased_at is not None or not self.has_delete_permission(request, obj):
            return []
        names = ["suspend_users"] if obj.is_active else ["restore_users"]
        if not obj.is_guest and obj.is_active:
            names.append("send_links")
        if not obj.is_guest:
            names.append("set_password_of_one")
        names.append("erase_users")
        return names

    def describe(self, obj: User) -> str:
        counts = ", ".join(label.lower() for _, label in _counts_of(obj))
        return f"{self.kind(obj)}, {counts}"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        user, values = form.instance, form.cleaned_data
        if not change:
            user.pk = register_user(**values).pk
            return
        actor = actor_of(request)
        if "name" in form.changed_data:
            staff.rename_user(actor=actor, user_id=user.pk, name=values["name"])
        if {"is_staff", "is_superuser"} & set(form.changed_data):
            staff.set_staff_rights(
                actor=actor,
                user_id=user.pk,
                is_staff=values["is_staff"],
                is_superuser=values["is_superuser"],
            )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: Any = None
    ) -> Any:
        if add:
            return "Created an account."
        return " ".join(
            f"{name}: {form.initial[name]} → {form.cleaned_data[name]}."
            for name in form.changed_data
        )


@admin.register(TokenFamily)
class TokenFamilyAdmin(ModerationAdmin[TokenFamily]):
    """Lists the sign-ins of all users, and ends them."""

    actions = ("end",)
    fields = ("user_shown", "user_agent", "state", "created_at", "last_used_at", "expires_at")
    list_display = ("made", "user_shown", "user_agent", "state", "last_used")
    list_filter = (SignInFilter, CreatedFilter)
    lookups = frozenset({"user"})
    ordering = ("-id",)
    search_fields = ("user__name", "user__email", "user_agent")
    sortable_by = ()

    def has_change_permission(self, request: HttpRequest, obj: TokenFamily | None = None) -> bool:
        # Read-only; seeing the list is enough to end sign-ins.
        return obj is None

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokenFamily]:
        return super().get_queryset(request).select_related("user")

    def search(self, rows: QuerySet[TokenFamily], text: str) -> QuerySet[TokenFamily]:
        by_agent = Q(user_agent__icontains=searchable(text))
        return rows.filter(matching_users(text, by_email=True, prefix="user__") | by_agent)

    @admin.display(description="created (UTC)")
    def made(self, family: TokenFamily) -> SafeString:
        return moment_text(family.created_at)

    @admin.display(description="last used (UTC)")
    def last_used(self, family: TokenFamily) -> SafeString:
        return moment_text(family.last_used_at)

    @admin.display(description="user")
    def user_shown(self, family: TokenFamily) -> SafeString:
        return user_link(family.user)

    @admin.display(description="state")
    def state(self, family: TokenFamily) -> str:
        if family.revoked_at is not None:
            return format_html("ended {}", moment_text(family.revoked_at))
        return "good" if family.expires_at > timezone.now() else "expired"

    @admin.action(description="End")
    def end(self, request: HttpRequest, families: QuerySet[TokenFamily]) -> HttpResponse | None:
        def run(actor: Actor, family: TokenFamily) -> bool:
            return staff.end_sign_in_of(actor=actor, family_id=family.pk)

        run_for_each(self, request, families, ObjectAction(run=run, outcome="ended"))
        return None


def _count_column(name: str) -> Any:
    """Return a column that links the number to the list of what was counted."""
    count = hooks.user_counts[name]

    @admin.display(description=count.label)
    def column(user: User) -> SafeString:
        number = number_text(getattr(user, f"count_of_{name}"))
        return format_html('<a href="{}">{}</a>', _list_of(count, user), number)

    return column


def _counts_of(user: User) -> list[tuple[str, str]]:
    """Return (URL, "count label") for each registered count of a user of ``UserAdmin``."""
    return [
        (_list_of(count, user), f"{number_text(getattr(user, f'count_of_{name}'))} {count.label}")
        for name, count in sorted(hooks.user_counts.items())
    ]


def _list_of(count: hooks.UserCount, user: User) -> str:
    return f"{reverse(count.list_page)}?{urlencode({count.parameter: user.pk})}"
