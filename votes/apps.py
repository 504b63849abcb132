from django.apps import AppConfig


class VotesConfig(AppConfig):
    name = "votes"

    def ready(self) -> None:
        # Importing services registers hooks of the accounts, too.
        from django.db.models import Exists, OuterRef

        from accounts.hooks import UserCount, guest_anchors, profile_counts, user_counts
        from polls.removal import register_poll_contents
        from polls.reports import register_turnout_lookup
        from polls.visibility import register_ballot_lookup
        from votes import selectors, services  # noqa: F401
        from votes.models import Vote
        from votes.removal import remove_samples, remove_votes

        guest_anchors.append(Exists(Vote.objects.filter(user_id=OuterRef("pk"))))
        profile_counts["vote_count"] = selectors.count_votes_of
        register_poll_contents(remove_votes)
        register_poll_contents(remove_samples)
        register_ballot_lookup(selectors.ballots_among)
        register_turnout_lookup(selectors.count_ballots_by_time)
        user_counts["votes"] = UserCount(
            "votes", selectors.votes_per_user(), "admin:votes_vote_changelist", "user"
        )
