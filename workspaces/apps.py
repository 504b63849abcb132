from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        # Registers a hook of accounts.
        from workspaces import departures  # noqa: F401
