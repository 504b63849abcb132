"""Topic names of polls: one for all watchers, one for those who may see the tally."""

from uuid import UUID

POLL_PREFIX = "poll"
TALLY_PREFIX = "tally"


def poll_topic(poll_id: UUID) -> str:
    """Return the topic of changes and the number of watchers."""
    return f"{POLL_PREFIX}.{poll_id}"


def tally_topic(poll_id: UUID) -> str:
    """Return the topic of the tally."""
    return f"{TALLY_PREFIX}.{poll_id}"


def poll_id_of(topic: str) -> UUID:
    """Return the poll id in a topic of either kind."""
    return UUID(topic.partition(".")[2])
