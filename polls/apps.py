from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "polls"

    def ready(self) -> None:
        # Imported for what it registers with the accounts.
        from accounts.hooks import profile_counts
        from polls import selectors, services  # noqa: F401

        profile_counts["poll_count"] = selectors.count_polls_of
