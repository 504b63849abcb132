from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Register pruners.
        from jobs import pruning, uploads  # noqa: F401

        autodiscover_modules("tasks")
