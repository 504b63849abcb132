from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "polls"

    def ready(self) -> None:
        # Registers with the hooks of accounts.
        from django.db.models import Exists, OuterRef

        from accounts.hooks import UserCount, guest_anchors, profile_counts, user_counts
        from polls import counting, services, suggestions  # noqa: F401
        from polls.models import AbuseReport, Poll, Suggestion

        polls = Poll.objects.filter(creator_id=OuterRef("pk"))
        reports = AbuseReport.objects.filter(reporter_id=OuterRef("pk"))
        guest_anchors.register("polls", Exists(polls))
        guest_anchors.register("abuse reports", Exists(reports))
        suggested = Suggestion.objects.filter(author_id=OuterRef("pk"))
        guest_anchors.register("suggestions", Exists(suggested))
        profile_counts.register("poll_count", counting.count_polls_of)
        user_counts.register(
            "polls",
            UserCount("polls", counting.polls_per_user(), "admin:polls_poll_changelist", "creator"),
        )
