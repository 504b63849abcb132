from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Registers a pruner.
        from jobs import pruning  # noqa: F401

        autodiscover_modules("tasks")
