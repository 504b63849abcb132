from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "polls"

    def ready(self) -> None:
        # Imported for what it registers with the accounts.
        from accounts.hooks import UserCount, profile_counts, user_counts
        from polls import selectors, services  # noqa: F401

        profile_counts["poll_count"] = selectors.count_polls_of
        user_counts["polls"] = UserCount(
            "polls", selectors.polls_per_user(), "admin:polls_poll_changelist", "creator"
        )
