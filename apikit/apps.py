from django.apps import AppConfig


class ApikitConfig(AppConfig):
    name = "apikit"
    verbose_name = "API kit"

    def ready(self) -> None:
        # Registers lookups.
        from apikit import lookups  # noqa: F401
