"""URL configuration of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from apikit.exception_handler import respond_unknown_route
from polling_site import error_handlers, health, views

# Public, whatever token a browser sends.
_api_docs = SpectacularSwaggerSplitView.as_view(
    url_name="schema", template_name="polling_site/api_docs.html", authentication_classes=[]
)

# request_context has removed /v1 and trailing slashes.
api_patterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    # Before those of votes, since polls/code/<code> also matches polls/<id>/vote.
    path("", include("polls.urls")),
    path("", include("votes.urls")),
    path("", include("chat.urls")),
    path("", include("workspaces.activity_urls")),
    path("", include("workspaces.urls")),
    path("", include("jobs.urls")),
    path("", include("webhooks.urls")),
    path("schema", views.openapi, name="schema"),
    path("asyncapi.json", views.asyncapi, name="asyncapi"),
    path("docs", _api_docs),
    re_path("", respond_unknown_route),
]

urlpatterns = [
    path("api", views.IndexViewSet.as_view({"get": "retrieve"})),
    path("api/", include(api_patterns)),
    path("docs", _api_docs),
    path("health", health.HealthViewSet.as_view({"get": "check"})),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", views.metrics),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]

handler400 = error_handlers.bad_request
handler403 = error_handlers.forbidden
handler404 = error_handlers.not_found
handler500 = error_handlers.server_error
