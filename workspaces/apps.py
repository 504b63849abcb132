from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        # Register a hook of accounts, and a pruner.
        from workspaces import departures, pruning  # noqa: F401
