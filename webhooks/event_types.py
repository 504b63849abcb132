"""The events that webhooks can get, by name; ``docs/webhooks.md`` has their bodies."""

POLL_PUBLISHED = "poll.published"
POLL_OPENED = "poll.opened"
POLL_CLOSED = "poll.closed"
POLL_REOPENED = "poll.reopened"
POLL_DELETED = "poll.deleted"
TALLY_CHANGED = "tally.changed"
MESSAGE_POSTED = "message.posted"
MEMBER_ADDED = "member.added"
MEMBER_ROLE_CHANGED = "member.role_changed"
MEMBER_LEFT = "member.left"
MEMBER_REMOVED = "member.removed"
# Only on request; nobody subscribes to it.
TEST = "webhook.test"

# As the activity of projects calls them.
MEMBER_EVENTS = (MEMBER_ADDED, MEMBER_ROLE_CHANGED, MEMBER_LEFT, MEMBER_REMOVED)
EVENTS = (
    POLL_PUBLISHED,
    POLL_OPENED,
    POLL_CLOSED,
    POLL_REOPENED,
    POLL_DELETED,
    TALLY_CHANGED,
    MESSAGE_POSTED,
    *MEMBER_EVENTS,
)
