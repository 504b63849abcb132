"""Examples for both API documents."""

JOB_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d6a01"
JOB = {
    "id": JOB_ID,
    "type": "data_processing",
    "action": "recount",
    "projectId": None,
    "state": "running",
    "attempts": 1,
    "progress": 40,
    "progressMessage": "Counting votes",
    "error": None,
    "file": None,
    "revision": 3,
    "createdAt": "2026-11-29T15:30:00Z",
    "runAt": "2026-11-29T15:30:00Z",
    "startedAt": "2026-11-29T15:30:01Z",
    "finishedAt": None,
}
PAYLOAD = {"action": "recount", "pollId": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f20"}
DETAILS = {**JOB, "payload": PAYLOAD, "result": None}
UPLOAD_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d6b01"
UPLOAD = {
    "id": UPLOAD_ID,
    "name": "polls.csv",
    "mediaType": "text/csv",
    "sizeBytes": 1234,
    "createdAt": "2026-11-29T15:30:00Z",
    "expiresAt": "2026-11-30T15:30:00Z",
}
