from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from workspaces.invitation_views import InvitationViewSet, OwnInvitationViewSet
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
        "projects/<id:project_id>/invitations",
        InvitationViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "projects/<id:project_id>/invitations/<id:invitation_id>",
        InvitationViewSet.as_view({"delete": "destroy"}),
    ),
    path(
        "projects/<id:project_id>/invitations/<id:invitation_id>/resend",
        InvitationViewSet.as_view({"post": "resend"}),
    ),
    path("invitations", OwnInvitationViewSet.as_view({"get": "list"})),
    path("invitations/<str:token>", OwnInvitationViewSet.as_view({"get": "retrieve"})),
    path("invitations/<str:token>/accept", OwnInvitationViewSet.as_view({"post": "accept"})),
    path("invitations/<str:token>/decline", OwnInvitationViewSet.as_view({"post": "decline"})),
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
