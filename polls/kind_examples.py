"""An example of each kind for the OpenAPI document: the poll to create, and a ballot in it.

A test creates the polls and casts the ballots.
"""

from typing import Any

from polls.examples import COFFEE_ID, TEA_ID

_TEA_AND_COFFEE = ["Tea", "Coffee"]

# By kind: the body of POST /polls without isPublished, and the answers of POST /polls/{id}/vote.
# The ids are those of the first and second option.
KIND_EXAMPLES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "multiple": (
        {
            "question": "What do you drink?",
            "kind": "multiple",
            "options": [{"text": "Tea", "limit": 20}, {"text": "Coffee"}],
            "maxChoices": 2,
            "settings": {"minChoices": 1},
            "participantOptions": "approval",
        },
        [{"optionId": TEA_ID}, {"optionId": COFFEE_ID}],
    ),
    "rating": (
        {
            "question": "How good are our drinks?",
            "kind": "rating",
            "options": _TEA_AND_COFFEE,
            "settings": {"steps": 5, "labels": ["Awful", "Poor", "Okay", "Good", "Great"]},
        },
        [{"optionId": TEA_ID, "score": 4}, {"optionId": COFFEE_ID, "score": 0}],
    ),
    "ranking": (
        {
            "question": "Which do you like more?",
            "kind": "ranking",
            "options": _TEA_AND_COFFEE,
            "settings": {"method": "schulze"},
        },
        [{"optionId": COFFEE_ID, "rank": 1}, {"optionId": TEA_ID, "rank": 2}],
    ),
    "points": (
        {
            "question": "How shall we divide the budget?",
            "kind": "points",
            "options": _TEA_AND_COFFEE,
            "settings": {"total": 10, "mustSpendAll": True},
        },
        [{"optionId": TEA_ID, "score": 7}, {"optionId": COFFEE_ID, "score": 3}],
    ),
    "numeric": (
        {
            "question": "How many cups a day?",
            "kind": "numeric",
            "settings": {"min": 0, "max": 20, "step": 0.5, "unit": "cups"},
        },
        [{"number": 2.5}],
    ),
    "word_cloud": (
        {
            "question": "What do you think of when you hear tea?",
            "kind": "word_cloud",
            "settings": {"maxWords": 2},
        },
        [{"text": "calm"}, {"text": "rain"}],
    ),
    "open_text": (
        {
            "question": "What should the kitchen change?",
            "kind": "open_text",
            "settings": {"maxChars": 200, "needsApproval": True},
        },
        [{"text": "A larger kettle, please."}],
    ),
    "hotspot": (
        {
            "question": "Where should the tea bar be?",
            "kind": "hotspot",
            "settings": {"maxPlaces": 1},
        },
        [{"x": 0.25, "y": 0.5}],
    ),
    "dates": (
        {
            "question": "When shall we have tea?",
            "kind": "dates",
            "options": ["2030-05-06 14:00 UTC", "2030-05-07"],
            "settings": {
                "slots": [
                    {"startsAt": "2030-05-06T14:00:00Z", "endsAt": "2030-05-06T15:00:00Z"},
                    {"day": "2030-05-07"},
                ]
            },
        },
        [{"optionId": TEA_ID, "score": 3}, {"optionId": COFFEE_ID, "score": 2}],
    ),
    "questions": (
        {
            "question": "What do you want to know about tea?",
            "kind": "questions",
            "options": ["Where does it grow?"],
            "settings": {"needsApproval": False},
        },
        [{"optionId": TEA_ID}],
    ),
}
