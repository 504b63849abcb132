from django.apps import AppConfig


class ApikitConfig(AppConfig):
    name = "apikit"
    verbose_name = "API kit"

    def ready(self) -> None:
        # Registers the any_of lookup with Django's fields.
        from apikit.postgres import lookups  # noqa: F401
