"""Lines of archives about a poll itself, and which version of the format knows them."""

from polls.models import ParticipantOptions, Poll, PollKind, PollState, ResultsVisibility
from polls.wording import earlier_questions
from reports.archive_format import ArchivedOption, ArchivedQuestion, PollLine, Version
from reports.archive_pictures import CollectedPictures
from reports.archive_rules import details_of, pictures_of

# Those of version 1 of the format.
_OLDEST_KINDS = frozenset({PollKind.SINGLE, PollKind.MULTIPLE})


def poll_line(poll: Poll, state: PollState, pictures: CollectedPictures | None) -> PollLine:
    """Return the line of a poll in this state; without ``pictures``, it names none."""
    is_closed = state == PollState.CLOSED
    picture = None if pictures is None else pictures.collect(poll.picture_id)
    return PollLine(
        type="poll",
        question=poll.question,
        kind=PollKind(poll.kind),
        max_choices=poll.max_choices,
        allow_change=poll.allow_change,
        results_visibility=ResultsVisibility(poll.results_visibility),
        state=state,
        opens_at=poll.opens_at,
        closes_at=poll.closes_at,
        opened_at=poll.opened_at,
        closed_at=poll.closed_at or (poll.closes_at if is_closed else None),
        embed_origins=tuple(poll.embed_origins),
        earlier_questions=tuple(
            ArchivedQuestion(question=each.question, replaced_at=each.replaced_at)
            for each in earlier_questions(poll)
        ),
        version=poll.version,
        tallied_at=poll.tallied_at,
        options=tuple(option.text for option in poll.options.all()),
        settings=poll.settings,
        participant_options=ParticipantOptions(poll.participant_options),
        option_details=_details_of(poll, pictures),
        picture=picture,
        picture_alt=poll.picture_alt if picture else "",
    )


def version_of(line: PollLine) -> Version:
    """Return the oldest version of the format that knows what a poll has."""
    if any(pictures_of(line)) or any(each.removed_at for each in details_of(line)):
        return 3
    has_new_fields = line.settings or line.option_details or line.participant_options != "none"
    return 2 if line.kind not in _OLDEST_KINDS or has_new_fields else 1


def _details_of(poll: Poll, pictures: CollectedPictures | None) -> tuple[ArchivedOption, ...]:
    """Return what options have besides their texts; nothing if none has anything."""
    details = []
    for option in poll.options.all():
        name = None if pictures is None else pictures.collect(option.picture_id)
        details.append(
            ArchivedOption(
                limit=option.limit,
                added_at=option.added_at,
                is_pinned=option.is_pinned,
                answered_at=option.answered_at,
                removed_at=option.removed_at,
                picture=name,
                picture_alt=option.picture_alt if name else "",
            )
        )
    return tuple(details) if set(details) - {ArchivedOption()} else ()
