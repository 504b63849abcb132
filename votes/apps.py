from django.apps import AppConfig


class VotesConfig(AppConfig):
    name = "votes"

    def ready(self) -> None:
        # Imported for what it registers with the accounts, too.
        from accounts.hooks import profile_counts
        from polls.visibility import register_ballot_lookup
        from votes import selectors, services  # noqa: F401

        profile_counts["vote_count"] = selectors.count_votes_of
        register_ballot_lookup(selectors.ballots_among)
