"""The order of the requests in the Postman collection, and the values they pass on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Fields and parameters whose values come from collection variables.
VARIABLES = {
    "email": "email",
    "password": "password",
    "currentPassword": "password",
    "newPassword": "newPassword",
    "refreshToken": "refreshToken",
    "pollOptionId": "optionId",
    "poll_id": "pollId",
    "user_id": "userId",
    "userId": "otherUserId",
    "project_id": "projectId",
    "workspace_id": "workspaceId",
    "invitation_id": "invitationId",
    "token": "invitationId",
    "room_id": "roomId",
    "roomId": "roomId",
    "message_id": "messageId",
    "room_or_message_id": "messageId",
    "emoji": "emoji",
    "job_id": "jobId",
    "webhook_id": "webhookId",
    "delivery_id": "deliveryId",
    "upload_id": "uploadId",
    "code": "joinCode",
    "q": "name",
}
INITIAL = {
    "baseUrl": "http://localhost:8000",
    "name": "Ada",
    "password": "correct horse battery",
    "newPassword": "incorrect mule charger",
    "emoji": "👍",
}


# A pixel, in bytes that are text, too.
_GIF = "GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation's part in a run of the whole collection."""

    # The expected status; by default the first response in the document.
    status: int | None = None
    # Another status that may come, if something has happened already.
    or_status: int | None = None
    # Overrides fields of the document's example.
    body: Mapping[str, Any] = field(default_factory=dict)
    # Sends this as the body, in place of JSON.
    file: str = ""
    # Uses other variables instead: {variable: replacement}.
    instead: Mapping[str, str] = field(default_factory=dict)
    # Variables to set from the response, as JavaScript expressions over `body`.
    saves: Mapping[str, str] = field(default_factory=dict)


_TOKENS = {"accessToken": "body.tokens.accessToken", "refreshToken": "body.tokens.refreshToken"}
_LOBBY = {"roomId": "lobbyId"}
_THE_OTHER = {"userId": "otherUserId"}
# All operations, in an order in which they all succeed.
STEPS: dict[str, Step] = {
    "register": Step(
        body={"email": "ada-{{$guid}}@example.org"},
        saves={**_TOKENS, "email": "body.user.email", "userId": "body.user.id"},
    ),
    "logIn": Step(saves=_TOKENS),
    "refreshTokens": Step(saves=_TOKENS),
    "readOwnAccount": Step(),
    "readOwnUser": Step(),
    "readOwnProfile": Step(),
    "updateProfile": Step(),
    "changeProfile": Step(),
    "setStatus": Step(),
    "requestPasswordReset": Step(),
    # Their tokens are sent only by email.
    "confirmPasswordReset": Step(status=400, body={"token": "of the email"}),
    "confirmEmail": Step(status=400, body={"token": "of the email"}),
    "createGuest": Step(
        saves={
            "guestAccessToken": "body.tokens.accessToken",
            "guestRefreshToken": "body.tokens.refreshToken",
        }
    ),
    # Signs out the guest, because later requests need the account.
    "logOut": Step(instead={"refreshToken": "guestRefreshToken"}),
    "changePassword": Step(),
    "createUser": Step(
        body={"email": "bob-{{$guid}}@example.org"},
        saves={"otherUserId": "body.user.id", "otherEmail": "body.user.email"},
    ),
    "listUsers": Step(),
    "searchUsers": Step(),
    "getUser": Step(),
    "createPoll": Step(
        body={"allowChange": True},
        saves={
            "pollId": "body.poll.id",
            "joinCode": "body.poll.joinCode",
            "optionId": "body.poll.options[0].id",
            "otherOptionId": "body.poll.options[1].id",
        },
    ),
    "listPolls": Step(),
    "getPoll": Step(),
    "getPollByCode": Step(),
    "updatePoll": Step(),
    "patchPoll": Step(),
    "publishPoll": Step(),
    "closePoll": Step(),
    "reopenPoll": Step(),
    "createPicture": Step(file=_GIF),
    "duplicatePoll": Step(saves={"copyId": "body.poll.id"}),
    "deletePoll": Step(instead={"pollId": "copyId"}),
    "castVote": Step(),
    # Changes the vote.
    "castVoteForOption": Step(status=200, instead={"optionId": "otherOptionId"}),
    "readOwnVote": Step(),
    "listOwnVotes": Step(),
    "readResults": Step(),
    "readTimeline": Step(),
    "exportResults": Step(),
    # It is of another kind.
    "exportCalendar": Step(status=409),
    "retractVote": Step(),
    "createProject": Step(saves={"projectId": "body.project.id"}),
    "listProjects": Step(),
    "getProject": Step(),
    "updateProject": Step(),
    "patchProject": Step(),
    "addProjectMember": Step(instead={"email": "otherEmail"}),
    "listProjectMembers": Step(),
    "updateProjectMember": Step(instead=_THE_OTHER),
    "invite": Step(
        body={"email": "eve-{{$guid}}@example.org"}, saves={"invitationId": "body.invitation.id"}
    ),
    "listInvitations": Step(),
    "resendInvitation": Step(),
    "listOwnInvitations": Step(),
    # It is for somebody else.
    "getInvitation": Step(status=404),
    "acceptInvitation": Step(status=404),
    "declineInvitation": Step(status=404),
    "revokeInvitation": Step(),
    "createWorkspace": Step(saves={"workspaceId": "body.workspace.id"}),
    "listWorkspaces": Step(),
    "getWorkspace": Step(),
    "updateWorkspace": Step(),
    "patchWorkspace": Step(),
    "archiveWorkspace": Step(),
    "restoreWorkspace": Step(),
    "deleteWorkspace": Step(),
    "listActivity": Step(),
    "exportActivityAsCsv": Step(),
    "exportActivityAsJson": Step(),
    "getProjectRoom": Step(),
    "removeProjectMember": Step(instead=_THE_OTHER),
    # Folders after this one need the project and its owner: refused, to oneself; another id.
    "transferProject": Step(status=400, instead={"otherUserId": "userId"}),
    "deleteProject": Step(status=404, instead={"projectId": "workspaceId"}),
    "createRoom": Step(saves={"roomId": "body.room.id"}),
    "listRooms": Step(),
    "getRoom": Step(),
    "updateRoom": Step(),
    "getLobby": Step(saves={"lobbyId": "body.room.id"}),
    "getPollRoom": Step(),
    "openDirectRoom": Step(),
    "inviteUser": Step(),
    "updateMember": Step(instead=_THE_OTHER),
    "listMembers": Step(),
    "removeMember": Step(instead=_THE_OTHER),
    "joinRoom": Step(instead=_LOBBY),
    "markRead": Step(instead=_LOBBY),
    "leaveRoom": Step(instead=_LOBBY),
    "deleteRoom": Step(),
    # In the lobby, because the room is deleted by now.
    "postMessage": Step(instead=_LOBBY, saves={"messageId": "body.data.id"}),
    "listMessages": Step(instead={"messageId": "lobbyId"}),
    "editMessage": Step(),
    "addReaction": Step(),
    "removeReaction": Step(),
    "listReplies": Step(),
    "followThread": Step(),
    "markThreadRead": Step(),
    "unfollowThread": Step(),
    "searchMessages": Step(),
    # For staff only.
    "listEdits": Step(status=403),
    "deleteMessage": Step(),
    "sendToLobby": Step(),
    "listLobbyMessages": Step(),
    "createJob": Step(
        body={"payload": {"action": "recount", "pollId": "{{pollId}}"}},
        saves={"jobId": "body.job.id"},
    ),
    "listJobs": Step(),
    "getJob": Step(),
    # A worker may be faster.
    "cancelJob": Step(or_status=409),
    "getJobResult": Step(or_status=409),
    "retryJob": Step(or_status=409),
    "deleteJob": Step(or_status=409),
    "createWebhook": Step(saves={"webhookId": "body.webhook.id"}),
    "listWebhooks": Step(),
    "getWebhook": Step(),
    "updateWebhook": Step(),
    "patchWebhook": Step(),
    "rotateWebhookSecret": Step(),
    "testWebhook": Step(saves={"deliveryId": "body.delivery.id"}),
    "listWebhookDeliveries": Step(),
    "getWebhookDelivery": Step(),
    # A worker may be faster.
    "redeliver": Step(or_status=409),
    "deleteWebhook": Step(),
    "createUpload": Step(
        file="question;options\nTea or coffee?;Tea|Coffee\n", saves={"uploadId": "body.upload.id"}
    ),
    "listUploads": Step(),
    "deleteUpload": Step(),
    "readIndex": Step(),
    "checkHealth": Step(),
    "checkLive": Step(),
    "checkReady": Step(),
    "readOpenApi": Step(),
    "readAsyncApi": Step(),
    "readMetrics": Step(),
}
