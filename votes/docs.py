"""The OpenAPI documentation of the vote endpoints."""

from functools import partial

from drf_spectacular.utils import OpenApiParameter

from apikit.errors import InvalidCursorError
from apikit.pagination import ONE_PAGE, PageQuerySerializer
from apikit.schema import Files, operation
from apikit.wire import Done
from polls.errors import PollNotFoundError, ResultsHiddenError
from polls.examples import COFFEE, POLL_HEAD, POLL_ID, QUESTION, RESULTS, TEA
from polls.kind_examples import KIND_EXAMPLES
from polls.wire import OneResults
from votes import errors, examples, serializers, wire
from votes.errors import CAST_REFUSALS, NOT_NOW
from votes.exports import MEDIA_TYPES, ExportFormat
from votes.timeline import MAX_NUMBERS
from workspaces.errors import ActionNotAllowedError

_COUNTED = examples.COUNTED_VOTE
_OWN = {"id": _COUNTED["id"], "option": TEA, "createdAt": _COUNTED["createdAt"]}

_VOTED = {"id": POLL_ID, "question": QUESTION, "currentQuestion": QUESTION}

_vote = partial(operation, tag="Votes", is_write=True)
_read = partial(operation, tag="Votes")

_cast = partial(
    _vote,
    body=serializers.VoteSerializer,
    body_example={"pollOptionId": TEA["id"]},
    success={201: wire.CastVoteResponse, 200: wire.CastVoteResponse},
    example={"message": "Vote submitted successfully", "vote": _COUNTED, "votes": [_COUNTED]},
    described_refusals={409: wire.RefusedVote},
)
cast_vote = _cast(
    "castVote",
    "Vote in a poll",
    description="201 for a first vote, 200 for a changed one. The response is sent after the vote "
    "has been committed. Send an `Idempotency-Key`, so that you can repeat the request safely.\n\n"
    "A ballot is a list of `answers`; which fields they have depends on the `kind` of the poll. "
    "`pollOptionId` and `pollOptionIds` are short for answers that only name options; in a "
    "`ranking` their order counts.",
    body_examples={kind: {"answers": answers} for kind, (_, answers) in KIND_EXAMPLES.items()},
    refusals=[*CAST_REFUSALS, PollNotFoundError],
)
cast_vote_for_option = _cast(
    "castVoteForOption",
    "Vote by option",
    description="Like `castVote`; the poll is the one that the option belongs to.",
    refusals=[*CAST_REFUSALS, errors.OptionNotFoundError],
)
retract_vote = _vote(
    "retractVote",
    "Take your vote back",
    description="Possible while the poll is open, if it allows votes to be changed.",
    success={200: Done},
    example={"message": "Vote removed successfully"},
    refusals=[
        *NOT_NOW,
        errors.ChangeRefusedError,
        errors.NoVoteError,
        errors.WriterBusyError,
        errors.VoteInDoubtError,
        PollNotFoundError,
    ],
)
read_own_ballot = _read(
    "readOwnVote",
    "Get your vote in a poll",
    description="`hasVoted` is false and `votes` is empty until you vote. After a guest has signed "
    "in, the guest has voted too, but only the account can see the choice.",
    success={200: wire.OwnBallot},
    example={"hasVoted": True, "vote": _OWN, "votes": [_OWN]},
    refusals=[PollNotFoundError],
)
read_results = _read(
    "readResults",
    "Get the results of a poll",
    description="Percentages have one decimal place and sum to 100.0 (largest remainder method). "
    "403 while the results are hidden from you.",
    auth="optional",
    success={200: OneResults},
    example={"poll": RESULTS},
    refusals=[PollNotFoundError, ResultsHiddenError, ActionNotAllowedError],
)
_FILE_TYPES = tuple(
    media_type.partition(";")[0]
    for name, media_type in MEDIA_TYPES.items()
    if name != ExportFormat.JSON
)
_FILE_NAME = OpenApiParameter(
    "Content-Disposition",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="The name to save it under, made from the question (RFC 6266).",
)
_TIMELINE = {
    "pollId": POLL_ID,
    "question": "Tea or coffee?",
    "points": [
        {"at": at, "version": version, "ballotCount": count, "totalVotes": count}
        for at, version, count in (
            ("2026-05-04T09:30:00Z", 0, 0),
            ("2026-05-04T09:31:00.512Z", 2, 2),
            ("2026-05-04T09:31:07.080Z", 3, 3),
        )
    ],
    "options": [
        {**TEA, "voteCounts": [0, 1, 2]},
        {**COFFEE, "voteCounts": [0, 1, 1]},
    ],
}
read_timeline = _read(
    "readTimeline",
    "Get the timeline of a poll",
    description="How the results developed, from the opening of the poll to now. `voteCounts` has "
    "one number for each of `points`. The tally can have changed more than once between two "
    "points; the longer people vote, the further apart the stored points are. Polls with many "
    f"options have fewer points: all options together have at most {MAX_NUMBERS:,} numbers. For "
    "kinds that have a `tally` in results, each point has the one that people saw then; large ones "
    "leave fewer points, too. Of results that only a team may see, its viewers get none.",
    auth="optional",
    query=serializers.TimelineQuerySerializer,
    success={200: wire.OneTimeline},
    example={"timeline": _TIMELINE},
    refusals=[PollNotFoundError, ResultsHiddenError, ActionNotAllowedError],
)
export_results = _read(
    "exportResults",
    "Export the results of a poll",
    description="`csv` has a line for each option, word, text, place or range of numbers, with "
    "what its kind shows, in UTF-8; `xlsx` has a sheet for the results and one for the timeline; "
    "`json` has all that and the poll's settings. Of words, texts and places, `csv` has all, and "
    "`json` has them as `entries`; `xlsx` has at most 20,000. Texts that wait for approval are in "
    "none of them, and neither is who voted. In tables, text that begins like a formula is "
    "escaped: in `csv` by a leading apostrophe. Viewers of a team cannot export results that only "
    "the team may see.",
    auth="optional",
    query=serializers.ExportQuerySerializer,
    success={200: Files(_FILE_TYPES, wire.ResultsFile)},
    example={
        "exportedAt": "2026-05-04T10:00:00Z",
        "poll": POLL_HEAD,
        "openedAt": "2026-05-04T09:30:00Z",
        "closedAt": None,
        "ballotCount": 3,
        "earlierQuestions": [],
        "results": RESULTS,
        "timeline": _TIMELINE,
    },
    parameters=[_FILE_NAME],
    refusals=[PollNotFoundError, ResultsHiddenError, ActionNotAllowedError],
)
export_calendar = _read(
    "exportCalendar",
    "Export the dates of a poll",
    description="The dates of a `dates` poll as an iCalendar file (RFC 5545): all of them as "
    "tentative while people vote; afterwards the best one as confirmed if somebody said yes, or "
    "those that are equally good as tentative. Days last all day, times are in UTC. The `UID` of a "
    "date stays the same, so importing a newer file replaces the older events.",
    auth="optional",
    query=serializers.CalendarQuerySerializer,
    success={200: Files(("text/calendar",), None)},
    parameters=[_FILE_NAME],
    refusals=[
        PollNotFoundError,
        ResultsHiddenError,
        errors.NoDatesError,
        errors.OptionNotFoundError,
    ],
)
list_own_votes = _read(
    "listOwnVotes",
    "List your votes",
    description="Newest first, in polls that you can still see. Several choices in one poll are "
    "several votes.",
    query=PageQuerySerializer,
    refusals=[InvalidCursorError],
    success={200: wire.VoteHistory},
    example={
        "votes": [{**_OWN, "poll": _VOTED}],
        "pagination": ONE_PAGE,
    },
)
