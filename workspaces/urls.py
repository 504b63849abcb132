from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from workspaces.views import ProjectMemberViewSet, ProjectViewSet, WorkspaceViewSet

urlpatterns = [
    path("projects", ProjectViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "projects/<id:project_id>",
        ProjectViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("projects/<id:project_id>/transfer", ProjectViewSet.as_view({"post": "transfer"})),
    path(
        "projects/<id:project_id>/members",
        ProjectMemberViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "projects/<id:project_id>/members/<id:user_id>",
        ProjectMemberViewSet.as_view({"put": "update", "delete": "destroy"}),
    ),
    path(
        "projects/<id:project_id>/workspaces",
        WorkspaceViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "workspaces/<id:workspace_id>",
        WorkspaceViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("workspaces/<id:workspace_id>/archive", WorkspaceViewSet.as_view({"put": "archive"})),
    path("workspaces/<id:workspace_id>/restore", WorkspaceViewSet.as_view({"put": "restore"})),
]
