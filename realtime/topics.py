"""Topic names: a prefix, and usually an id after a dot, as in ``poll.<id>``."""

# Every socket is subscribed to it, and every hub.
SITE_TOPIC = "site"


def topic_prefix(topic: str) -> str:
    """``poll`` of ``poll.<id>``."""
    return topic.partition(".")[0]
