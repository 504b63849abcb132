"""The desk: what all pages have in common on which staff moderate, in the Django admin.

Who may: every active member of the staff, whatever Django's own permissions say, since the API
lets them do the same; groups and permissions have no page here. What only superusers may do is
for the services to say: whatever concerns other staff, and passwords.

Nothing here writes but through services, so tallies, revisions and watchers stay right. What a
service refuses is shown where it was asked for. Everything done stands in the admin's log, with
the reason that was given.
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

from accounts import desk_paging
from accounts.desk_forms import ServiceForm
from accounts.desk_paging import CappedPaginator
from accounts.models import User
from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError

# Each may be a transaction of its own, and somebody waits for the page.
MAX_AT_ONCE = 200
# In a form's data: go back to the page of the one thing chosen, not to the list.
BACK = "_back"
# In a request's META: what a service has said to its form.
_REFUSAL = "tallyroom.refusal"

M = TypeVar("M", bound=Model)
if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin
else:

    class _ModelAdmin(admin.ModelAdmin, Generic[M]): ...


def moderator_of(request: HttpRequest) -> User:
    """The member of the staff who looks at a page of the desk; the admin lets in nobody else."""
    return cast("User", request.user)


def actor_of(request: HttpRequest) -> Actor:
    """The same, as services and selectors know them."""
    return page_actor(request)


def write_log(request: HttpRequest, thing: Model, message: str, flag: int = CHANGE) -> None:
    """Notes in the admin's log what was done to ``thing``, and why."""
    LogEntry.objects.log_actions(
        user_id=moderator_of(request).pk,
        queryset=[thing],
        action_flag=flag,
        change_message=message,
    )


def moment_text(moment: datetime | None) -> SafeString:
    """A moment in a list, in UTC, on one line."""
    if moment is None:
        return SafeString("")
    # Not strftime, which writes years before 1000 with fewer than four digits.
    at = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    shown = at[:-3].replace("T", " ")
    return format_html('<time class="desk-moment" datetime="{}Z">{}</time>', at, shown)


def number_text(number: int) -> str:
    """A count with separators between thousands."""
    return f"{number:,}"


def mark_text(label: str, look: str = "") -> SafeString:
    """A label in a rounded box; ``look`` is ``desk-good``, ``desk-bad`` or ``desk-quiet``."""
    return format_html('<span class="desk-mark {}">{}</span>', look, label)


class DeskAdmin(_ModelAdmin[M]):
    """The pages of one model: to read, unless a subclass allows more.

    Subclasses save in ``save_related``, by calling a service, and have actions that call services
    for each of what was chosen. ``delete_selected`` has to be one of them where there is deleting.
    """

    actions: Any = ()
    add_form: type[ServiceForm[Any]] = ServiceForm
    edit_form: type[ServiceForm[Any]] = ServiceForm
    change_form_template = "admin/desk/change_form.html"
    list_per_page = 50
    # What an address may narrow the list by besides the filters. Django would take any lookup of
    # any column, some of which fail on values it does not check, or cost a scan.
    lookups: frozenset[str] = frozenset()
    list_max_show_all = 0
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ["accounts/desk.css"]})

    # Who may

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
            changelist.title += (
                f": the first {desk_paging.COUNT_MAX:,}; narrow the list to see others"
            )
        return changelist

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.lookups or lookup in {
            f"{each}__exact" if isinstance(each, str) else each.parameter_name
            for each in cast("Any", self.get_list_filter(request))
        }

    def search(self, rows: QuerySet[M], text: str) -> QuerySet[M]:
        """The ``rows`` that a search finds; pages with ``search_fields`` override this."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """By the definition of a match that all searches share, not by that of the database."""
        text = search_term.strip()
        return (self.search(queryset, text) if text else queryset), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing from the address: widgets take what it holds for values of their fields."""
        return {}

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[M], *args: Any
    ) -> HttpResponse | None:
        """Refuses what was never on the list, and too much at once."""
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if not all(_is_key(self.opts.pk.to_python, key) for key in chosen):
            messages.error(request, "That was not on the list.")
            return None
        takes_all = request.POST.get("select_across") == "1"
        count = queryset[: MAX_AT_ONCE + 1].count() if takes_all else len(chosen)
        if count > MAX_AT_ONCE:
            messages.error(request, f"At most {MAX_AT_ONCE} at once: narrow the list first.")
            return None
        response = super().response_action(request, queryset, *args)
        if BACK in request.POST and isinstance(response, HttpResponseRedirect):
            return HttpResponseRedirect(self.page_of(chosen[0]))
        return response

    def page_of(self, key: object) -> str:
        """The address of the page of one thing; of the list, once the thing is gone."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if not self.model._default_manager.filter(pk=key).exists():
            return reverse(f"{name}_changelist")
        return reverse(f"{name}_change", args=[key])

    # Pages of one thing

    def links_for(self, request: HttpRequest, obj: M) -> list[tuple[str, str]]:
        """Where its page leads: addresses and what to call them."""
        return []

    def fitting_actions(self, request: HttpRequest, obj: M) -> list[str]:
        """The names of the actions that make sense for it as it is now."""
        return list(self.get_actions(request))

    def describe(self, obj: M) -> str:
        """What to know of it before something is done to it."""
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
            context["desk_links"] = self.links_for(request, obj)
            context["desk_actions"] = [
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
        """A service may refuse; then the form is shown again, and says why.

        By then the transaction around it is rolled back, and with it the entry in the log.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ApiError as refusal:
            request.META[_REFUSAL] = refusal
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: Any) -> None:
        """Nothing: see ``save_related``, which knows the inlines too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        raise PermissionDenied

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> Any:
        """Saving what was not changed is nothing to note."""
        return super().log_change(request, obj, message) if message else None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The same as the action, for one.

        Not in Django's transaction: services that delete go through several, and tell watchers
        in between.
        """
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        chosen = self.get_queryset(request).filter(pk=obj.pk)
        delete: Any = self.get_actions(request)["delete_selected"]
        page: HttpResponse | None = delete[0](self, request, chosen)
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
