"""Topic names of polls: for all watchers, for those who may see the tally, and for hosts."""

from uuid import UUID

POLL_PREFIX = "poll"
TALLY_PREFIX = "tally"
HOSTS_PREFIX = "hosts"


def poll_topic(poll_id: UUID) -> str:
    """Return the topic of changes and the number of watchers."""
    return f"{POLL_PREFIX}.{poll_id}"


def tally_topic(poll_id: UUID) -> str:
    """Return the topic of the tally."""
    return f"{TALLY_PREFIX}.{poll_id}"


def hosts_topic(poll_id: UUID) -> str:
    """Return the topic of what only the hosts of a poll see."""
    return f"{HOSTS_PREFIX}.{poll_id}"


def poll_id_of(topic: str) -> UUID:
    """Return the poll id in a topic of any of these kinds."""
    return UUID(topic.partition(".")[2])
