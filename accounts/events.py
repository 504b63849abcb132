"""Events about accounts, for all processes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from realtime.events import ProcessEvent, event


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnded(ProcessEvent):
    """Tokens of ``user_id`` were revoked: all, those of one family, or all but those of one.

    Sockets opened with them are closed.
    """

    name: ClassVar[str] = "access-ended"

    user_id: UUID
    only_family_id: UUID | None = None
    except_family_id: UUID | None = None
    is_suspended: bool = False


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(ProcessEvent):
    """The name or status of ``user_id`` has changed."""

    name: ClassVar[str] = "person-changed"

    user_id: UUID
