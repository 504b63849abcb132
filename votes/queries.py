"""The prepared queries of the ledger, and their SQL for PostgreSQL where the ORM cannot express it.

``tests/votes/test_plans.py`` checks that each of them finds its rows by an index.
"""

from django.db.models import FilteredRelation, Q

from accounts.models import TokenFamily, User
from apikit.postgres.prepared import PreparedQuery
from polls.models import Option, Poll
from votes.models import Vote

# In the order of the fields of CurrentVote.
VOTE_COLUMNS = ("id", "option_id", "rank", "request_id", "created_at", "updated_at", "value")

POLLS_OF_OPTIONS = PreparedQuery(
    lambda option_ids: Option.objects.filter(id__any_of=option_ids).values_list("id", "poll_id")
)
# Locked by id, so that processes cannot deadlock.
LOCKED_POLLS = PreparedQuery(
    lambda poll_ids: Poll.objects.select_for_update().filter(id__any_of=poll_ids).order_by("id")
)
# Takes (poll, voter, token family) triples. Returns a row per voter and vote in that poll, or one
# row for a voter without votes there. A merged guest's account is returned, too.
#
# Voters are locked by id; a suspension takes the same lock, so no vote slips past it. Their votes
# need no lock of their own, because the poll is locked. Token families need none either: the
# statement runs after every ballot of the batch was submitted, so it sees each sign-out that was
# acknowledged before the ballot was sent.
#
# LATERAL with ORDER BY forces the (poll, user, rank) index; a plain join may scan all votes of a
# poll or of a person. LATERAL with a lock forces the index by id; a plain join may scan all users
# for each ballot, when thousands have joined since the table was analyzed nearly empty. SQLite has
# no row locks; there the ORM's query reads the votes of these voters in all polls of the batch.
LOCKED_VOTERS = PreparedQuery(
    lambda poll_ids, voter_ids, family_ids: (
        User.objects.filter(
            Q(id__any_of=voter_ids)
            | Q(id__in=User.objects.filter(id__any_of=voter_ids).values("merged_into"))
        )
        .annotate(
            vote=FilteredRelation("votes", condition=Q(votes__poll__any_of=poll_ids)),
            family=FilteredRelation(
                "token_families",
                condition=Q(
                    token_families__id__any_of=family_ids, token_families__revoked_at__isnull=True
                ),
            ),
        )
        .order_by("id", "vote__rank")
        .values_list(
            "id",
            "is_active",
            "is_staff",
            "family__id",
            "merged_into_id",
            "vote__poll_id",
            *(f"vote__{column}" for column in VOTE_COLUMNS),
        )
    ),
    on_postgresql=f"""
        SELECT person.id, person.is_active, person.is_staff, family.id, person.merged_into_id,
            vote.*
        FROM (
            SELECT ballot.poll_id, ballot.family_id, own.id AS person_id
            FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[])
                AS ballot (poll_id, voter_id, family_id)
            CROSS JOIN LATERAL (
                SELECT ballot.voter_id AS id
                UNION ALL
                SELECT merged_into_id FROM {User._meta.db_table}
                WHERE id = ballot.voter_id AND merged_into_id IS NOT NULL
            ) AS own
            ORDER BY own.id
        ) AS wanted
        CROSS JOIN LATERAL (
            SELECT id, is_active, is_staff, merged_into_id FROM {User._meta.db_table}
            WHERE id = wanted.person_id
            FOR NO KEY UPDATE
        ) AS person
        LEFT JOIN LATERAL (
            SELECT id FROM {TokenFamily._meta.db_table}
            WHERE id = wanted.family_id AND user_id = person.id AND revoked_at IS NULL
        ) AS family ON true
        LEFT JOIN LATERAL (
            SELECT poll_id, {", ".join(VOTE_COLUMNS)} FROM {Vote._meta.db_table}
            WHERE poll_id = wanted.poll_id AND user_id = person.id
            ORDER BY rank
        ) AS vote ON true
        ORDER BY person.id, vote.rank
    """,  # noqa: S608 - names of ours
)
OPTIONS = PreparedQuery(
    lambda poll_ids: Option.with_removed.filter(poll__any_of=poll_ids).order_by("position")
)
