"""The example poll of the OpenAPI and AsyncAPI documents."""

from typing import Any

POLL_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
TEA_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f22"
COFFEE_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f23"
QUESTION = "Tea or coffee?"
TEA = {"id": TEA_ID, "text": "Tea"}
COFFEE = {"id": COFFEE_ID, "text": "Coffee"}

STORED_PICTURE = {
    "id": "01985c2e-9c3b-7e02-8d51-2b7f0a4c6e10",
    "url": "/pictures/dGhpcyBpcyBhbiBleGFtcGxlIG9m.webp",
    "width": 1600,
    "height": 900,
}

# An option of a choice that no participant added.
_PLAIN = {
    "pollId": POLL_ID,
    "picture": None,
    "addedAt": None,
    "state": None,
    "isPinned": None,
    "answeredAt": None,
}
_TEA_HEAD = {**TEA, **_PLAIN, "limit": None}
_COFFEE_HEAD = {**COFFEE, **_PLAIN, "limit": 20}

_SETTINGS = {
    "id": POLL_ID,
    "question": QUESTION,
    "questionEditedAt": None,
    "originalQuestion": None,
    "kind": "single",
    "isPublished": True,
    "state": "open",
    "joinCode": "482913",
    "maxChoices": 1,
    "settings": {},
    "participantOptions": "none",
    "picture": None,
    "allowChange": False,
    "resultsVisibility": "always",
    "opensAt": None,
    "closesAt": None,
    "createdAt": "2026-05-04T09:30:00Z",
    "updatedAt": "2026-05-04T09:30:00Z",
    "creator": {"id": "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10", "name": "Ada"},
}

POLL: dict[str, Any] = {
    **_SETTINGS,
    "options": [
        {**_TEA_HEAD, "voteCount": 2},
        {**_COFFEE_HEAD, "voteCount": 1},
    ],
    "version": 3,
    "totalVotes": 3,
    "totalVoters": 3,
    "embedOrigins": ["https://www.example.org"],
    "workspaceId": None,
}

# Without the counts.
POLL_HEAD: dict[str, Any] = {
    **_SETTINGS,
    "options": [_TEA_HEAD, _COFFEE_HEAD],
}

_TEA_VOTERS = {"voterCount": 2, "voterShare": 66.7, "limit": None}
_COFFEE_VOTERS = {"voterCount": 1, "voterShare": 33.3, "limit": 20}

TALLY: dict[str, Any] = {
    "id": POLL_ID,
    "question": QUESTION,
    "questionEditedAt": None,
    "originalQuestion": None,
    "totalVotes": 3,
    "totalVoters": 3,
    "options": [
        {**TEA, "voteCount": 2, "percentage": 66.7, "percentageOfVoters": 66.7, **_TEA_VOTERS},
        {
            **COFFEE,
            "voteCount": 1,
            "percentage": 33.3,
            "percentageOfVoters": 33.3,
            **_COFFEE_VOTERS,
        },
    ],
    "tally": None,
}

RESULTS: dict[str, Any] = {**TALLY, "version": 3}

# The format of the older endpoint /ws/<pollId>.
RESULTS_IN_SNAKE_CASE: dict[str, Any] = {
    "id": POLL_ID,
    "question": QUESTION,
    "question_edited_at": None,
    "original_question": None,
    "total_votes": 3,
    "total_voters": 3,
    "options": [
        {
            **TEA,
            "vote_count": 2,
            "percentage": 66.7,
            "percentage_of_voters": 66.7,
            "voter_count": 2,
            "voter_share": 66.7,
            "limit": None,
        },
        {
            **COFFEE,
            "vote_count": 1,
            "percentage": 33.3,
            "percentage_of_voters": 33.3,
            "voter_count": 1,
            "voter_share": 33.3,
            "limit": 20,
        },
    ],
    "tally": None,
    "version": 3,
}
