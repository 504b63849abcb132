"""Reads polls from a file and validates them as ``POST /polls`` does, without creating any."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.utils import timezone
from rest_framework.exceptions import ValidationError

from apikit.errors import ValidationFailedError
from apikit.exception_handler import as_api_error
from apikit.tables.problems import Problems
from apikit.tables.reading import read_rows
from apikit.tables.rows import Row
from apikit.text import comparable
from apikit.wire import Wire
from polls.importing.columns import JsonReader, TableReader, find_poll_columns
from polls.models import Poll, PollKind, ResultsVisibility
from polls.new_polls import NewPoll, build_poll, check_new_poll
from polls.serializers import PollCreateSerializer
from workspaces.models import Workspace

MAX_POLLS = 500
MAX_DUPLICATES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRow(Wire):
    """A row with the question and options of an earlier one."""

    row: int
    same_as_row: int


@dataclass(slots=True)
class Plan:
    """What a file holds: polls that can be created, and problems."""

    new_polls: list[NewPoll] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    duplicates: list[DuplicateRow] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    row_count: int = 0


def make_plan(
    file: BinaryIO,
    *,
    creator_id: UUID,
    workspace: Workspace | None,
    on_row: Callable[[int], None],
) -> Plan:
    """Read all polls of a file. ``on_row`` is called with the number of rows so far.

    :raises FileUnreadableError: for a file that is broken, or has more than ``MAX_POLLS``.
    """
    found = read_rows(file, max_rows=MAX_POLLS)
    planner = _Planner(creator_id, workspace)
    if found.header is not None:
        columns = find_poll_columns(found.header)
        planner.plan.unknown_columns = list(columns.unknown)
        planner.reader = TableReader(columns)
    for row in found.rows:
        planner.add(row)
        on_row(planner.plan.row_count)
    return planner.plan


class _Planner:
    """Adds rows to a plan."""

    def __init__(self, creator_id: UUID, workspace: Workspace | None) -> None:
        self.plan = Plan()
        self.reader: TableReader | JsonReader = JsonReader()
        self._creator_id = creator_id
        self._workspace = workspace
        self._now: datetime = timezone.now()
        self._rows_by_content: dict[Any, int] = {}

    def add(self, row: Row) -> None:
        self.plan.row_count += 1
        body, problems = self.reader.read(row)
        if not problems:
            try:
                new = _read_new_poll(body)
                self._check(new)
            except (ValidationError, ValidationFailedError) as error:
                problems = list(self.reader.name_errors(as_api_error(error).errors))
            else:
                self.plan.new_polls.append(new)
                self._note_duplicate(new, row.number)
        self.plan.problems.add_all(row.number, problems)

    def _check(self, new: NewPoll) -> Poll:
        check_new_poll(new, self._now)
        return build_poll(new, self._creator_id, self._workspace, self._now)

    def _note_duplicate(self, new: NewPoll, number: int) -> None:
        content = comparable(new.question), tuple(comparable(option.text) for option in new.options)
        first = self._rows_by_content.setdefault(content, number)
        if first != number and len(self.plan.duplicates) < MAX_DUPLICATES:
            self.plan.duplicates.append(DuplicateRow(row=number, same_as_row=first))


def _read_new_poll(body: dict[str, Any]) -> NewPoll:
    """Validate a body of ``POST /polls``.

    :raises ValidationError: for an invalid one.
    """
    serializer = PollCreateSerializer(data=body)
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    kind, visibility = values.pop("kind", None), values.pop("results_visibility", None)
    return NewPoll(
        options=values.pop("options"),
        kind=PollKind(kind) if kind else None,
        results_visibility=ResultsVisibility(visibility) if visibility else None,
        **values,
    )
