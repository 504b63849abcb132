"""The base class of the moderation admin: Django's admin, writing only through services.

Every active staff member has access. Django's permissions and groups are not checked, because the
API does not check them either, and they have no pages. Services decide what only superusers may do:
changes to other staff, and passwords.

Writing through services keeps tallies, revisions and watchers correct. An error of a service is
shown on the form or list that it came from. Every change is in the admin log, with its reason.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.models import User
from accounts.moderation import paging
from accounts.moderation.forms import ServiceForm
from accounts.moderation.paging import CappedPaginator
from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError

# Each object may take a transaction of its own, all within one request.
MAX_AT_ONCE = 200
# POST field: redirect to the page of the selected object, not to the list.
BACK = "_back"
# Key in request.META of the error with which a service refused the form.
_REFUSAL = "tallyroom.refusal"

M = TypeVar("M", bound=Model)
if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin
else:

    class _ModelAdmin(admin.ModelAdmin, Generic[M]): ...


def moderator_of(request: HttpRequest) -> User:
    """Return the staff member who sent the request; the admin lets in nobody else."""
    return cast("User", request.user)


def actor_of(request: HttpRequest) -> Actor:
    """Return the same person as an actor, for services and selectors."""
    return page_actor(request)


def write_log(request: HttpRequest, thing: Model, message: str, flag: int = CHANGE) -> None:
    """Add an entry about ``thing`` to the admin log."""
    LogEntry.objects.log_actions(
        user_id=moderator_of(request).pk,
        queryset=[thing],
        action_flag=flag,
        change_message=message,
    )


def moment_text(moment: datetime | None) -> SafeString:
    """Format a time for a list: in UTC, on one line."""
    if moment is None:
        return SafeString("")
    # Not strftime, which writes years before 1000 with fewer than four digits.
    at = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    shown = at[:-3].replace("T", " ")
    return format_html('<time class="moderation-moment" datetime="{}Z">{}</time>', at, shown)


def number_text(number: int) -> str:
    """Format a count with thousands separators."""
    return f"{number:,}"


def mark_text(label: str, look: str = "") -> SafeString:
    """Return a label in a rounded box.

    ``look`` is ``moderation-good``, ``moderation-bad`` or ``moderation-quiet``.
    """
    return format_html('<span class="moderation-mark {}">{}</span>', look, label)


class ModerationAdmin(_ModelAdmin[M]):
    """The admin pages of one model; read-only unless a subclass grants more.

    Subclasses override ``save_related`` to call a service, and define actions that call a service
    for each selected object. A model that can be deleted needs an action ``delete_selected``.
    """

    actions: Any = ()
    add_form: type[ServiceForm[Any]] = ServiceForm
    edit_form: type[ServiceForm[Any]] = ServiceForm
    change_form_template = "admin/moderation/change_form.html"
    list_per_page = 50
    # Query parameters that filter the list besides ``list_filter``. Django would accept any lookup
    # of any column; some fail on unchecked values, others cost a scan.
    lookups: frozenset[str] = frozenset()
    list_max_show_all = 0
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ["accounts/moderation.css"]})

    # Permissions

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    # Lists

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        changelist.title = str(capfirst(self.opts.verbose_name_plural))
        if isinstance(changelist.paginator, CappedPaginator) and changelist.paginator.is_capped:
            changelist.title += f": the first {paging.COUNT_MAX:,}; filter the list to see others"
        return changelist

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.lookups or lookup in {
            f"{each}__exact" if isinstance(each, str) else each.parameter_name
            for each in cast("Any", self.get_list_filter(request))
        }

    def search(self, rows: QuerySet[M], text: str) -> QuerySet[M]:
        """Filter ``rows`` by a search; classes with ``search_fields`` override this."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Match as every other search does (``apikit.text.searchable``), not as the database."""
        text = search_term.strip()
        return (self.search(queryset, text) if text else queryset), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ignore the query string, whose unchecked values Django would put into the fields."""
        return {}

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[M], *args: Any
    ) -> HttpResponse | None:
        """Refuse keys that are not valid, and more than MAX_AT_ONCE objects."""
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if not all(_is_key(self.opts.pk.to_python, key) for key in chosen):
            messages.error(request, "The selected items are not in this list.")
            return None
        takes_all = request.POST.get("select_across") == "1"
        count = queryset[: MAX_AT_ONCE + 1].count() if takes_all else len(chosen)
        if count > MAX_AT_ONCE:
            messages.error(request, f"Select at most {MAX_AT_ONCE} items: filter the list first.")
            return None
        response = super().response_action(request, queryset, *args)
        if BACK in request.POST and isinstance(response, HttpResponseRedirect):
            return HttpResponseRedirect(self.page_of(chosen[0]))
        return response

    def page_of(self, key: object) -> str:
        """Return the URL of an object's page, or of the list if the object is deleted."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if not self.model._default_manager.filter(pk=key).exists():
            return reverse(f"{name}_changelist")
        return reverse(f"{name}_change", args=[key])

    # The change form

    def links_for(self, request: HttpRequest, obj: M) -> list[tuple[str, str]]:
        """Return the links on an object's page, as (URL, label)."""
        return []

    def fitting_actions(self, request: HttpRequest, obj: M) -> list[str]:
        """Return the names of the actions to offer on an object's page."""
        return list(self.get_actions(request))

    def describe(self, obj: M) -> str:
        """Return what the confirmation page says about an object."""
        return ""

    def get_form(
        self, request: HttpRequest, obj: M | None = None, *args: Any, **options: Any
    ) -> Any:
        base = self.add_form if obj is None else self.edit_form
        form = super().get_form(request, obj, *args, **(options | {"form": base}))
        return type(form.__name__, (form,), {"refusal": request.META.get(_REFUSAL)})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        obj: M | None = options.get("obj")
        if obj is not None:
            labels = dict(self.get_action_choices(request, []))
            context["object_links"] = self.links_for(request, obj)
            context["object_actions"] = [
                (name, labels[name])
                for name in self.fitting_actions(request, obj)
                if name in labels
            ]
            context["action_checkbox_name"] = helpers.ACTION_CHECKBOX_NAME
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form again with the error if a service refuses it.

        By then the transaction is rolled back, including the log entry.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ApiError as refusal:
            request.META[_REFUSAL] = refusal
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: Any) -> None:
        """Do nothing: ``save_related`` saves, because it also gets the inlines."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        raise PermissionDenied

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> Any:
        """Log only forms that changed something."""
        return super().log_change(request, obj, message) if message else None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Run the action ``delete_selected`` for one object.

        Not in Django's transaction: services that delete use several, and publish in between.
        """
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        selected = self.get_queryset(request).filter(pk=obj.pk)
        delete: Any = self.get_actions(request)["delete_selected"]
        page: HttpResponse | None = delete[0](self, request, selected)
        return page or HttpResponseRedirect(self.page_of(obj.pk))

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        raise PermissionDenied


def _is_key(to_python: Any, text: str) -> bool:
    try:
        to_python(text)
    except ValidationError:
        return False
    return True
