"""Reports on invented polls, without a database."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from apikit.ids import new_id
from polls.models import ParticipantOptions, PollKind, PollState, ResultsVisibility
from polls.tally import OptionTally, PollResults, percentages, percentages_of_voters
from polls.wire import CreatorView, OptionHead, PollHead
from polls.wording import EarlierQuestion
from reports.collecting import PollReport, Report, ReportedWorkspace, Safeguards, Totals
from votes.wire import ResultsExport, Timeline, TimelinePoint

# 13:00 in Berlin.
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
OPENED = NOON - timedelta(hours=2)


def invent_timeline(ballot_counts: Sequence[int], poll_id: Any = None) -> Timeline:
    """A point for each number, spread evenly between the opening and noon."""
    last = max(1, len(ballot_counts) - 1)
    return Timeline(
        poll_id=poll_id or new_id(),
        question="",
        points=tuple(
            TimelinePoint(
                at=OPENED + (NOON - OPENED) * index / last,
                version=index,
                ballot_count=count,
                total_votes=count,
            )
            for index, count in enumerate(ballot_counts)
        ),
        options=(),
    )


def invent_poll(
    question: str = "Tea or coffee?",
    votes: dict[str, int] | None = None,
    *,
    number: int = 1,
    state: PollState = PollState.CLOSED,
    voters: int | None = None,
    max_choices: int = 1,
    allow_change: bool = False,
    visibility: ResultsVisibility = ResultsVisibility.ALWAYS,
    earlier: str | None = None,
    recount_is_correct: bool = True,
) -> PollReport:
    """A poll with ``votes`` per option; with ``voters``, of several choices."""
    votes = {"Tea": 3, "Coffee": 1} if votes is None else votes
    counts = list(votes.values())
    people = sum(counts) if voters is None else voters
    poll_id, ids = new_id(), [new_id() for _ in votes]
    shares = zip(percentages(counts), percentages_of_voters(counts, people), strict=True)
    edits: dict[str, Any] = {"question_edited_at": None, "original_question": None}
    is_draft = state == PollState.DRAFT
    head = PollHead(
        id=poll_id,
        question=question,
        kind=PollKind.SINGLE if voters is None else PollKind.MULTIPLE,
        is_published=not is_draft,
        state=state,
        join_code="482913",
        max_choices=max_choices,
        settings={},
        participant_options=ParticipantOptions.NONE,
        picture=None,
        allow_change=allow_change,
        results_visibility=visibility,
        opens_at=None,
        closes_at=None,
        created_at=OPENED,
        updated_at=NOON,
        options=tuple(
            OptionHead(
                id=id_,
                text=text,
                poll_id=poll_id,
                limit=None,
                picture=None,
                added_at=None,
                state=None,
                is_pinned=None,
                answered_at=None,
            )
            for id_, text in zip(ids, votes, strict=True)
        ),
        creator=CreatorView(id=new_id(), name="Alice"),
        **edits,
    )
    results = PollResults(
        id=poll_id,
        question=question,
        total_votes=sum(counts),
        total_voters=people,
        version=people,
        options=tuple(
            OptionTally(
                id=id_,
                text=text,
                vote_count=count,
                percentage=part,
                percentage_of_voters=share,
                voter_count=count,
                voter_share=share,
                limit=None,
            )
            for id_, (text, count), (part, share) in zip(ids, votes.items(), shares, strict=True)
        ),
        **edits,
    )
    export = ResultsExport(
        exported_at=NOON,
        poll=head,
        opened_at=None if is_draft else OPENED,
        closed_at=NOON if state == PollState.CLOSED else None,
        ballot_count=people,
        earlier_questions=(EarlierQuestion(question=earlier, replaced_at=NOON),) if earlier else (),
        results=results,
        timeline=invent_timeline([0, people // 4, people] if people else [0], poll_id),
    )
    safeguards = Safeguards(one_ballot_per_person=True, recount_is_correct=recount_is_correct)
    return PollReport(number=number, export=export, safeguards=safeguards)


class InventedReport:
    """What the writer of PDFs uses of a :class:`Report`."""

    def __init__(self, title: str, polls: Sequence[PollReport], *, is_workspace: bool) -> None:
        self.title, self.polls, self.exported_at = title, polls, NOON
        self.workspace = None
        if is_workspace:
            self.workspace = ReportedWorkspace(
                id=new_id(),
                name=title,
                description="Questions of the retreat",
                project_id=new_id(),
                project_name="The team",
                archived_at=None,
            )
        self.totals = Totals(
            poll_count=len(polls),
            draft_count=0,
            open_count=0,
            closed_count=len(polls),
            ballot_count=0,
            vote_count=0,
        )

    def read_polls(self, points: int) -> Iterator[PollReport]:
        return iter(self.polls)


def invent_report(*polls: PollReport, title: str = "Retreat", is_workspace: bool = True) -> Report:
    return cast(Report, InventedReport(title, polls, is_workspace=is_workspace))
