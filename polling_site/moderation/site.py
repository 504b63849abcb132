"""The moderation admin: an admin site with its own start page, sign-in and password page."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.moderation.forms import AdminSignInForm
from accounts.page_sessions import outlive_password_change, page_actor
from accounts.sign_in import change_password
from apikit.errors import ApiError, InvalidRequestError
from polling_site.moderation.queue import read_moderation_queue

View = TypeVar("View", bound=Callable[..., Any])


class AdminPasswordChangeView(PasswordChangeView):
    """Django's page with our service, which ends all other sign-ins."""

    form_class = AdminPasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            change_password(
                actor=page_actor(self.request),
                current_password=form.cleaned_data["old_password"],
                new_password=form.cleaned_data["new_password1"],
            )
        except ApiError as refusal:
            form.add_error(None, refusal.message)
            return self.form_invalid(form)
        outlive_password_change(self.request)
        return HttpResponseRedirect(self.get_success_url())


class ModerationSite(AdminSite):
    site_header = "Tallyroom"
    site_title = "Tallyroom"
    index_title = "Moderation"
    index_template = "admin/moderation.html"
    login_form = AdminSignInForm
    # There are few pages, and lists need the space.
    enable_nav_sidebar = False

    def admin_view(self, view: View, *args: Any, **options: Any) -> View:
        """Refuses queries with a NUL, which PostgreSQL rejects with an error.

        Pages and the API check each parameter; Django's admin checks few.
        """

        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "%00" in request.META["QUERY_STRING"]:
                raise InvalidRequestError
            return view(request, *args, **kwargs)

        return super().admin_view(cast("View", guarded), *args, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The start page: the moderation queue, then the list of all pages."""
        queue = read_moderation_queue(page_actor(request), timezone.now())
        return super().index(request, {"queue": queue, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        view = AdminPasswordChangeView.as_view(
            template_name="registration/password_change_form.html",
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)
