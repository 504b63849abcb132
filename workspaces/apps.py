from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        # Importing it registers a hook of realtime.
        from workspaces import teammates  # noqa: F401
