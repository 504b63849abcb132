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
    """A job has changed: its state, its progress, or its error.

    All your sockets get those of your own jobs, without a command; sockets that have joined a
    project get those of the project's jobs. Ignore an update whose ``revision`` is not above the
    one that you show. The newest state follows within seconds if one was lost; what you miss while
    you are not connected is not repeated, so read the jobs again after reconnecting.
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
    """A job has changed, for all processes.

    ``user_id`` is its owner; None for jobs of the site, and of projects that the owner has left.
    """

    name: ClassVar[str] = "job-report"

    user_id: UUID | None
    job: JobView
