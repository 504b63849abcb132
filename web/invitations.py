"""The email address of an invitation, for the forms that its recipient fills in first."""

import re

from workspaces.errors import InvitationExpiredError, InvitationNotFoundError
from workspaces.invitation_selectors import get_mailed_invitation

_PAGE = re.compile(r"/invitations/([\w-]{1,100})", re.ASCII)


def invited_email(target: str) -> str:
    """Returns the address of the invitation whose page ``target`` is; empty for other pages.

    Only with the token of the email, which was sent to that address.
    """
    match = _PAGE.fullmatch(target)
    if match is None:
        return ""
    try:
        return get_mailed_invitation(match[1]).email
    except (InvitationNotFoundError, InvitationExpiredError):
        return ""
