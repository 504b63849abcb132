"""Errors about webhooks."""

from apikit.errors import ConflictError, NotFoundError


class WebhookNotFoundError(NotFoundError):
    """The webhook does not exist, or is somebody else's."""

    code = "webhook.not_found"
    message = "There is no such webhook."


class DeliveryNotFoundError(NotFoundError):
    """The delivery does not exist, or was pruned."""

    code = "webhook.delivery_not_found"
    message = "There is no such delivery, or it was deleted since."


class TooManyWebhooksError(ConflictError):
    """The account or project has ``WEBHOOKS_PER_OWNER``."""

    code = "webhook.too_many"
    message = "There are too many webhooks here. Delete one first."


class WebhookDisabledError(ConflictError):
    """Nothing can be sent to a disabled webhook."""

    code = "webhook.disabled"
    message = "This webhook is disabled. Enable it first."


class WebhookBlockedError(ConflictError):
    """A moderator has disabled the webhook."""

    code = "webhook.blocked"
    message = "A moderator has disabled this webhook. Contact the administrators of the site."


class DeliveryPendingError(ConflictError):
    """The delivery, or a newer one with the same tally, waits to be sent."""

    code = "webhook.delivery_pending"
    message = "This is waiting to be sent already."


class TooManyPendingError(ConflictError):
    """As many deliveries wait as may."""

    code = "webhook.too_many_pending"
    message = "Too many deliveries to this webhook are waiting."
