from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "polls"

    def ready(self) -> None:
        # Registers with the hooks of accounts.
        from django.db.models import Exists, OuterRef

        from accounts.hooks import UserCount, guest_anchors, profile_counts, user_counts
        from polls import selectors, services  # noqa: F401
        from polls.models import AbuseReport, Poll

        for owned in (
            Poll.objects.filter(creator_id=OuterRef("pk")),
            AbuseReport.objects.filter(reporter_id=OuterRef("pk")),
        ):
            guest_anchors.append(Exists(owned))
        profile_counts["poll_count"] = selectors.count_polls_of
        user_counts["polls"] = UserCount(
            "polls", selectors.polls_per_user(), "admin:polls_poll_changelist", "creator"
        )
