from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        # Importing these registers hooks of the apps below, and a pruner.
        from webhooks import listeners, pruning  # noqa: F401
