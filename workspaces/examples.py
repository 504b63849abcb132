"""Examples for both API documents."""

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
