"""Errors about projects, workspaces and invitations."""

from http import HTTPStatus

from apikit.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
)


class ProjectNotFoundError(NotFoundError):
    """The project does not exist, or the client is not a member."""

    code = "project.not_found"
    message = "There is no such project."


class WorkspaceNotFoundError(NotFoundError):
    """The workspace does not exist, or the client is not a member of its project."""

    code = "workspace.not_found"
    message = "There is no such workspace."


class MemberNotFoundError(NotFoundError):
    code = "member.not_found"
    message = "This person is not a member of the project."


class InvitationNotFoundError(NotFoundError):
    """The invitation does not exist, was revoked or answered, or is for another address."""

    code = "invitation.not_found"
    message = "There is no such invitation. It may have been withdrawn or answered already."


class ActionNotAllowedError(ForbiddenError):
    """The actor's role does not allow the action: see ``workspaces.permissions``."""

    code = "project.not_allowed"
    message = "Your role in this project does not allow this."


class LastProjectOwnerError(ConflictError):
    code = "project.last_owner"
    message = "A project needs an owner. Make somebody else an owner first."


class TooManyProjectsError(ConflictError):
    code = "project.too_many"
    message = "You have reached the maximum number of projects."


class ProjectFullError(ConflictError):
    """The project has as many members, workspaces or open invitations as it may have."""

    code = "project.full"
    message = "This project has reached its maximum size."


class WorkspaceArchivedError(ConflictError):
    code = "workspace.archived"
    message = "This workspace is archived. Restore it first."


class InvitationOfOtherAddressError(ForbiddenError):
    """The invitation is for an address that the account does not have."""

    code = "invitation.other_address"
    message = "This invitation is for another email address. Sign in with the account that has it."


class InvitationExpiredError(ConflictError):
    code = "invitation.expired"
    message = "This invitation has expired. Ask for a new one."


class ProjectNotJoinedError(ConflictError):
    """The command needs a project that this socket has joined; if several, the one it means."""

    code = "project.not_joined"
    message = "Join the project with this socket first. If it has joined several, send projectId."


class PlaceNotFoundError(NotFoundError):
    """The workspace or poll is not in the project."""

    code = "project.place_not_found"
    message = "There is no such workspace or poll in this project."


class MemberEventTooLargeError(ApiError):
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "project.event_too_large"
    message = (
        "The payload is too large: send at most 8 KiB of JSON, or store it and send its address."
    )


class TooManyMemberEventsError(TooManyRequestsError):
    """The sender, or all senders of the project together, have sent too much."""

    code = "project.too_many_events"
    message = "Too many events in this project: wait a moment, and send fewer or smaller ones."
