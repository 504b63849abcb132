"""Descriptions of the invitation endpoints for the OpenAPI document."""

from functools import partial

from apikit.errors import ApiError, GuestRefusedError, InvalidCursorError
from apikit.pagination import ONE_PAGE, PageQuerySerializer
from apikit.schema import operation
from apikit.wire import Done
from workspaces import invitation_wire, serializers, wire
from workspaces.errors import (
    ActionNotAllowedError,
    InvitationExpiredError,
    InvitationNotFoundError,
    InvitationOfOtherAddressError,
    ProjectFullError,
    ProjectNotFoundError,
)
from workspaces.examples import INVITATION, OFFER, OWN_INVITATION, PROJECT

_read = partial(operation, tag="Invitations")
_write = partial(operation, tag="Invitations", is_write=True)

_OF_PROJECT: list[type[ApiError]] = [
    ProjectNotFoundError,
    ActionNotAllowedError,
    GuestRefusedError,
]
_ANSWERING: list[type[ApiError]] = [
    GuestRefusedError,
    InvitationNotFoundError,
    InvitationOfOtherAddressError,
    InvitationExpiredError,
]

list_invitations = _read(
    "listInvitations",
    "List the open invitations of a project",
    description="Newest first, expired ones too. Owners only.",
    query=PageQuerySerializer,
    refusals=[*_OF_PROJECT, InvalidCursorError],
    success={200: invitation_wire.InvitationList},
    example={"invitations": [INVITATION], "pagination": ONE_PAGE},
)
invite = _write(
    "invite",
    "Invite somebody to a project",
    description="Sends an email with a link that makes its recipient a member: an existing account "
    "with this address, or one that is registered with it. An open invitation gets the new role "
    "without a second email; an expired one is sent again. Inviting a member changes nothing, and "
    "`invitation` is null: 200 instead of 201. Owners only.",
    body=serializers.NewMemberSerializer,
    body_example={"email": "grace@example.org", "role": "viewer"},
    refusals=[*_OF_PROJECT, ProjectFullError],
    success={201: invitation_wire.ChangedInvitation, 200: invitation_wire.ChangedInvitation},
    example={"message": "Invitation sent successfully", "invitation": INVITATION},
)
resend_invitation = _write(
    "resendInvitation",
    "Send an invitation again",
    description="With a new link, valid as long as a new invitation; the former link is void. "
    "Owners only.",
    refusals=[*_OF_PROJECT, InvitationNotFoundError, ProjectFullError],
    success={200: invitation_wire.ChangedInvitation},
    example={
        "message": "Invitation sent successfully",
        "invitation": {**INVITATION, "sentCount": 2},
    },
)
revoke_invitation = _write(
    "revokeInvitation",
    "Revoke an invitation",
    description="Its link is void from now on. Owners only.",
    refusals=[*_OF_PROJECT, InvitationNotFoundError],
    success={200: Done},
    example={"message": "Invitation revoked successfully"},
)
list_own_invitations = _read(
    "listOwnInvitations",
    "List the invitations to you",
    description="The open invitations to the email address of your account, newest first.",
    query=PageQuerySerializer,
    refusals=[GuestRefusedError, InvalidCursorError],
    success={200: invitation_wire.OwnInvitationList},
    example={"invitations": [OWN_INVITATION], "pagination": ONE_PAGE},
)
get_invitation = _read(
    "getInvitation",
    "Get an invitation",
    description="Of the token in an email, also signed out; or of a `token` in your list. Unknown, "
    "revoked and answered invitations, and those of other accounts, are not found.",
    auth="optional",
    refusals=[InvitationNotFoundError, InvitationExpiredError],
    success={200: invitation_wire.OneOffer},
    example={"invitation": OFFER},
)
accept_invitation = _write(
    "acceptInvitation",
    "Accept an invitation",
    description="Makes you a member. Only the account with the invited address can accept, once; "
    "repeating it while you are a member is not an error. A member keeps their role.",
    refusals=[*_ANSWERING, ProjectFullError],
    success={200: wire.ChangedProject},
    example={"message": "Invitation accepted successfully", "project": PROJECT},
)
decline_invitation = _write(
    "declineInvitation",
    "Decline an invitation",
    description="Only the account with the invited address can decline.",
    refusals=_ANSWERING,
    success={200: Done},
    example={"message": "Invitation declined successfully"},
)
