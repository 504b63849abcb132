"""Examples for both API documents."""

from typing import Any

from workspaces.permissions import PERMISSIONS, Action, Role

PROJECT_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d5a01"
WORKSPACE_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d5b01"
ADA = {"id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21", "name": "Ada"}
POLL_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d5d01"
ACTIVITY = {
    "id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d5c01",
    "seq": 7,
    "verb": "workspace.changed",
    "actor": ADA,
    "target": {"kind": "workspace", "id": WORKSPACE_ID, "name": "Town hall"},
    "workspaceId": WORKSPACE_ID,
    "before": {"name": "Meeting"},
    "after": {"name": "Town hall"},
    "createdAt": "2026-11-29T15:30:00Z",
}
ACTIVITY_IN_SNAKE_CASE = {
    **{key: value for key, value in ACTIVITY.items() if key not in {"workspaceId", "createdAt"}},
    "workspace_id": WORKSPACE_ID,
    "created_at": ACTIVITY["createdAt"],
}

PROJECT: dict[str, Any] = {
    "id": PROJECT_ID,
    "name": "Town hall",
    "description": "Questions for our evenings.",
    "role": "collaborator",
    "permissions": [each.value for each in Action if each in PERMISSIONS[Role.COLLABORATOR]],
    "memberCount": 3,
    "workspaceCount": 2,
    "pollCount": 12,
    "createdAt": "2026-11-29T15:00:00Z",
    "updatedAt": "2026-11-29T15:00:00Z",
}
PROJECT_MEMBER: dict[str, Any] = {
    "user": {
        "id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22",
        "name": "Grace",
        "status": "online",
        "statusText": "",
        "email": "grace@example.org",
    },
    "role": "viewer",
    "joinedAt": "2026-11-29T15:10:00Z",
}
WORKSPACE: dict[str, Any] = {
    "id": WORKSPACE_ID,
    "projectId": PROJECT_ID,
    "name": "Town hall",
    "settings": {
        "description": "One poll for each evening.",
        "color": "teal",
        "pollDefaults": {"kind": None, "allowChange": True, "resultsVisibility": "after_vote"},
    },
    "isArchived": False,
    "archivedAt": None,
    "pollCount": 5,
    "createdAt": "2026-11-29T15:20:00Z",
    "updatedAt": "2026-11-29T15:30:00Z",
}
INVITATION: dict[str, Any] = {
    "id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d5d01",
    "email": "grace@example.org",
    "role": "viewer",
    "state": "open",
    "invitedBy": ADA,
    "sentCount": 1,
    "sentAt": "2026-11-29T15:10:00Z",
    "expiresAt": "2026-12-06T15:10:00Z",
    "createdAt": "2026-11-29T15:10:00Z",
}
OWN_INVITATION: dict[str, Any] = {
    "token": INVITATION["id"],
    "project": {"id": PROJECT_ID, "name": "Town hall"},
    "invitedBy": ADA,
    "role": "viewer",
    "sentAt": "2026-11-29T15:10:00Z",
    "expiresAt": "2026-12-06T15:10:00Z",
}
OFFER: dict[str, Any] = {
    "projectName": "Town hall",
    "inviterName": "Ada",
    "role": "viewer",
    "email": "g…@example.org",
}
