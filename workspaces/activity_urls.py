from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from workspaces.activity_views import ActivityExportViewSet, ActivityViewSet

urlpatterns = [
    path("projects/<id:project_id>/activity", ActivityViewSet.as_view({"get": "list"})),
    path(
        "projects/<id:project_id>/activity.csv",
        ActivityExportViewSet.as_view({"get": "export_csv"}),
    ),
    path(
        "projects/<id:project_id>/activity.json",
        ActivityExportViewSet.as_view({"get": "export_json"}),
    ),
]
