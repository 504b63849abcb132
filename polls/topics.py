"""The names of the topics that polls are talked about under.

Two for each poll, so that who may not see its tally is not among those it is written to.
"""

from uuid import UUID

POLL_PREFIX = "poll"
TALLY_PREFIX = "tally"


def poll_topic(poll_id: UUID) -> str:
    """For all who watch: what becomes of the poll, how many are watching."""
    return f"{POLL_PREFIX}.{poll_id}"


def tally_topic(poll_id: UUID) -> str:
    """For those who may see its tally."""
    return f"{TALLY_PREFIX}.{poll_id}"


def poll_id_of(topic: str) -> UUID:
    """The poll a topic of either kind is about."""
    return UUID(topic.partition(".")[2])
