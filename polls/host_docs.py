"""Descriptions of the endpoints for options of participants and decisions of hosts."""

from functools import partial

from apikit.errors import ApiError, GuestRefusedError, InvalidCursorError
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from polls import errors, host_examples, host_serializers, host_wire
from workspaces.errors import ActionNotAllowedError

ADDING_REFUSALS: list[type[ApiError]] = [
    errors.PollNotFoundError,
    errors.PollClosedError,
    errors.PollNotOpenError,
    errors.PollHiddenError,
    errors.OptionsNotTakenError,
    errors.OptionExistsError,
    errors.TooManyOptionsError,
    errors.TooManyOwnOptionsError,
]
DECIDING_REFUSALS: list[type[ApiError]] = [
    errors.PollNotFoundError,
    errors.NotPollOwnerError,
    errors.PollHiddenError,
    ActionNotAllowedError,
    errors.NothingToDecideError,
    errors.SuggestionNotFoundError,
    errors.PollOptionNotFoundError,
    errors.TextNotFoundError,
    errors.OptionExistsError,
    errors.TooManyOptionsError,
    errors.TooManyDecisionsError,
]
_HOST_REFUSALS: list[type[ApiError]] = [
    errors.PollNotFoundError,
    ActionNotAllowedError,
    GuestRefusedError,
]

_read = partial(operation, tag="Polls")
_change = partial(operation, tag="Polls", is_write=True)

add_option = _change(
    "addOption",
    "Add an option to a poll",
    description="For voters and guests, where the poll lets participants add options "
    "(`participantOptions`), and in `questions`, where they ask them. Where the host approves them "
    "first, the response has a `suggestion` instead of an `option`; approved, the option has its "
    "`id`. What hosts add is shown at once.",
    body=host_serializers.SuggestedOptionSerializer,
    body_example={"text": "Water"},
    success={201: host_wire.AddedOption},
    example=host_examples.ADDED,
    refusals=ADDING_REFUSALS,
)
list_own_suggestions = _read(
    "listOwnSuggestions",
    "List your suggestions",
    description="Options that you have suggested and no host has decided about, oldest first.",
    success={200: host_wire.OwnSuggestions},
    example={"suggestions": [host_examples.SUGGESTION]},
    refusals=[errors.PollNotFoundError],
)
get_decisions = _read(
    "getDecisions",
    "Get what hosts decide",
    description="What waits for the hosts of a poll, and what they have decided. For those who may "
    "edit the poll. Texts have a list of their own: `listTexts`.",
    success={200: host_wire.HostView},
    example=host_examples.HOST_VIEW,
    refusals=_HOST_REFUSALS,
)
decide = _change(
    "decide",
    "Decide as a host",
    description="Exactly one of `suggestionId`, `optionId`, `text` and `word` says what it is "
    "about:\n\n"
    "- `approve` or `refuse` a suggestion;\n"
    "- `pin`, `unpin`, `answer` or `reopen` a question; `remove` or `restore` a question, or an "
    "option that a participant has added. Votes for a removed option stay in the ballots and are "
    "not counted;\n"
    "- `approve`, `remove` or `restore` a text of `open_text`; `restore` undoes what was decided. "
    "The same text is decided once, however many people send it;\n"
    "- `merge` a word of a `word_cloud` `into` another one, `remove` it in all its spellings, now "
    "and in future, or `restore` it.\n\n"
    "Repeating a decision is not an error.",
    body=host_serializers.HostChoiceSerializer,
    body_example={"action": "approve", "suggestionId": host_examples.SUGGESTION_ID},
    success={200: host_wire.Decided},
    example=host_examples.DECIDED,
    refusals=[*DECIDING_REFUSALS, GuestRefusedError],
)
list_texts = _read(
    "listTexts",
    "List the texts of a poll",
    description="The texts of an `open_text` poll in one state, newest first; for those who may "
    "edit the poll. Nobody sees who sent them.",
    query=host_serializers.TextQuerySerializer,
    success={200: host_wire.SentTexts},
    example={
        "texts": [{"text": "More tea!", "count": 1, "state": "pending"}],
        "pagination": ONE_PAGE,
    },
    refusals=[*_HOST_REFUSALS, errors.NothingToDecideError, InvalidCursorError],
)
