"""Events about jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from jobs import examples
from jobs.wire import JobView
from realtime.events import ProcessEvent, StateEvent, event


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class JobUpdate(StateEvent):
    """One of your jobs has changed: its state, its progress, or its error.

    All your sockets get it, without a command. Ignore an update whose ``revision`` is not above the
    one that you show. Updates can be lost, so read the job again after reconnecting.
    """

    name: ClassVar[str] = "job-update"
    example: ClassVar[Mapping[str, Any]] = {"job": examples.JOB}

    job: JobView

    @property
    def order(self) -> int:
        return self.job.revision

    @property
    def slot(self) -> str:
        return f"{self.name} {self.job.id}"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport(ProcessEvent):
    """A job of ``user_id`` has changed, for all processes."""

    name: ClassVar[str] = "job-report"

    user_id: UUID
    job: JobView
