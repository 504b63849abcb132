"""Errors about projects, workspaces and invitations."""

from apikit.errors import ConflictError, ForbiddenError, NotFoundError


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
