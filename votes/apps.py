from django.apps import AppConfig


class VotesConfig(AppConfig):
    name = "votes"

    def ready(self) -> None:
        # Importing services registers hooks of the accounts, too.
        from django.db.models import Exists, OuterRef

        from accounts.hooks import UserCount, guest_anchors, profile_counts, user_counts
        from polls.removal import poll_contents, poll_votes
        from polls.reports import turnout_lookup
        from polls.visibility import ballot_lookup
        from votes import selectors, services  # noqa: F401
        from votes.models import Vote
        from votes.removal import remove_samples, remove_votes

        guest_anchors.register("votes", Exists(Vote.objects.filter(user_id=OuterRef("pk"))))
        profile_counts.register("vote_count", selectors.count_votes_of)
        poll_votes.register(remove_votes)
        poll_contents.register(remove_samples)
        ballot_lookup.register(selectors.ballots_among)
        turnout_lookup.register(selectors.count_ballots_by_time)
        user_counts.register(
            "votes",
            UserCount("votes", selectors.votes_per_user(), "admin:votes_vote_changelist", "user"),
        )
