from polls.host_models import OPTION_MAX_CHARS, DecisionGroup, HostDecision, Suggestion, Verdict
from polls.models.abuse_report import (
    ABUSE_NOTE_MAX_CHARS,
    AbuseReason,
    AbuseReport,
    AbuseReportState,
)
from polls.models.cell import Cell
from polls.models.option import MAX_OPTIONS, MIN_OPTIONS, OPTION_MAX_LIMIT, Option
from polls.models.picture import PICTURE_ALT_MAX_CHARS, Picture, PictureContent
from polls.models.poll import (
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
    ParticipantOptions,
    Poll,
    PollKind,
    PollState,
    ResultsVisibility,
)
from polls.models.poll_removal import PollRemoval

__all__ = [
    "ABUSE_NOTE_MAX_CHARS",
    "MAX_OPTIONS",
    "MIN_OPTIONS",
    "OPTION_MAX_CHARS",
    "OPTION_MAX_LIMIT",
    "PICTURE_ALT_MAX_CHARS",
    "QUESTION_MAX_CHARS",
    "QUESTION_MIN_CHARS",
    "AbuseReason",
    "AbuseReport",
    "AbuseReportState",
    "Cell",
    "DecisionGroup",
    "HostDecision",
    "Option",
    "ParticipantOptions",
    "Picture",
    "PictureContent",
    "Poll",
    "PollKind",
    "PollRemoval",
    "PollState",
    "ResultsVisibility",
    "Suggestion",
    "Verdict",
]
