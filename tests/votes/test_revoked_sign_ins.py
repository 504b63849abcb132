"""A token stops voting the moment its sign-in ends, on every entry point."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services, sign_in
from accounts.models import TokenFamily, User
from accounts.tokens import TokenPair, read_access_token
from apikit.actors import Actor
from apikit.errors import TokenInvalidError
from polling_site.asgi_middleware.messages import AsgiApp
from polling_site.fast_path.middleware import FastPath
from tests.conftest import PASSWORD, MakePoll, actor_of, option_ids
from tests.votes.conftest import Response, counts, post_through
from votes import ledger
from votes.ballots import Ballot, Receipt
from votes.services import cast_vote, retract_vote

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

PostWith = Callable[..., Response]
EndSignIn = Callable[[User, TokenPair], None]


def change_password(user: User, _: TokenPair) -> None:
    sign_in.change_password(
        actor=actor_of(user), current_password=PASSWORD, new_password="incorrect mule charger"
    )


def delete_family(user: User, _: TokenPair) -> None:
    TokenFamily.objects.filter(user=user).delete()


ENDINGS: dict[str, EndSignIn] = {
    "logout": lambda _, tokens: sign_in.log_out(refresh_token=tokens.refresh),
    "password change": change_password,
    "password set by staff": lambda user, _: sign_in.set_password(user, "incorrect mule charger"),
    "all sign-ins ended": lambda user, _: sign_in.end_all_sign_ins(actor=actor_of(user)),
    "one sign-in ended": lambda user, tokens: sign_in.end_sign_in(
        actor=actor_of(user), family_id=family_of(tokens)
    ),
    "family pruned": delete_family,
}


def family_of(tokens: TokenPair) -> UUID:
    family_id = read_access_token(tokens.access).family_id
    assert family_id is not None
    return family_id


@pytest.fixture
def voter(db: None) -> User:
    user = User(name="Ada", email="ada@example.org")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_vote_after_the_sign_in_ended_is_refused(
    voter: User, make_poll: MakePoll, post: PostWith, ending: str
) -> None:
    poll = make_poll()
    tokens = sign_in.open_token_family(user=voter)
    ENDINGS[ending](voter, tokens)
    answer = post(tokens.access, poll.id, {"pollOptionId": str(option_ids(poll)[0])})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_invalid")
    assert counts(poll) == [0, 0, 0]


def test_a_guests_revoked_token_votes_no_more(
    guest: User, make_poll: MakePoll, post: PostWith
) -> None:
    poll = make_poll()
    tokens = sign_in.open_token_family(user=guest)
    sign_in.log_out(refresh_token=tokens.refresh)
    answer = post(tokens.access, poll.id, {"pollOptionId": str(option_ids(poll)[0])})
    assert answer.status_code == 401


def test_a_revoked_token_gets_no_replayed_answer(
    voter: User, make_poll: MakePoll, post: PostWith
) -> None:
    poll = make_poll()
    tokens = sign_in.open_token_family(user=voter)
    body = {"pollOptionId": str(option_ids(poll)[0])}
    assert post(tokens.access, poll.id, body, key="once").status_code == 201
    sign_in.log_out(refresh_token=tokens.refresh)
    assert post(tokens.access, poll.id, body, key="once").status_code == 401


def test_another_sign_in_of_the_same_person_goes_on_voting(
    voter: User, make_poll: MakePoll, post: PostWith
) -> None:
    poll = make_poll()
    ended, other = (sign_in.open_token_family(user=voter) for _ in range(2))
    sign_in.log_out(refresh_token=ended.refresh)
    body = {"pollOptionId": str(option_ids(poll)[0])}
    assert post(other.access, poll.id, body).status_code == 201


def test_the_family_of_somebody_else_does_not_count(
    voter: User, bob: User, make_poll: MakePoll
) -> None:
    poll = make_poll()
    foreign = sign_in.open_family(user=bob)
    with pytest.raises(TokenInvalidError):
        cast_vote(
            actor=Actor(voter.id, family_id=foreign.id),
            poll_id=poll.id,
            option_ids=option_ids(poll)[:1],
        )


def test_a_revoked_sign_in_takes_no_vote_back(voter: User, make_poll: MakePoll) -> None:
    poll = make_poll(allow_change=True)
    family = sign_in.open_family(user=voter)
    actor = Actor(voter.id, family_id=family.id)
    cast_vote(actor=actor, poll_id=poll.id, option_ids=option_ids(poll)[:1])
    services.end_access(user_id=voter.id)
    with pytest.raises(TokenInvalidError):
        retract_vote(actor=actor, poll_id=poll.id)
    assert counts(poll) == [1, 0, 0]


def test_in_one_batch_only_the_revoked_sign_in_is_refused(voter: User, make_poll: MakePoll) -> None:
    """One person with two sign-ins, who has voted: their votes are read once all the same."""
    poll = make_poll(kind="multiple", max_choices=3, allow_change=True)
    ids = option_ids(poll)
    live, revoked = sign_in.open_family(user=voter), sign_in.open_family(user=voter)
    second = sign_in.open_family(user=voter)
    sign_in.end_sign_in(actor=actor_of(voter), family_id=revoked.id)
    cast_vote(actor=Actor(voter.id, family_id=live.id), poll_id=poll.id, option_ids=ids[:2])

    def ballot(family: TokenFamily, *chosen: UUID) -> Ballot:
        return Ballot(voter_id=voter.id, poll_id=poll.id, option_ids=chosen, family_id=family.id)

    answers = ledger.record(
        [ballot(revoked, ids[2]), ballot(live, ids[0]), ballot(second, ids[1], ids[2])]
    ).results
    assert isinstance(answers[0], TokenInvalidError)
    assert all(isinstance(answer, Receipt) for answer in answers[1:])
    assert counts(poll) == [0, 1, 1]


def test_checking_the_sign_in_takes_no_further_query(voter: User, make_poll: MakePoll) -> None:
    poll = make_poll()
    family = sign_in.open_family(user=voter)
    numbers = []
    for family_id in (family.id, None):
        ballot = Ballot(
            voter_id=voter.id,
            poll_id=poll.id,
            option_ids=tuple(option_ids(poll)[:1]),
            family_id=family_id,
        )
        poll.votes.all().delete()
        with CaptureQueriesContext(connection) as queries:
            ledger.record([ballot])
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


@pytest.fixture(params=["view", "fast path"])
def post(request: pytest.FixtureRequest) -> PostWith:
    """Votes with an access token through the view or the fast path."""
    views: AsgiApp = get_asgi_application()  # type: ignore[assignment]
    through = post_through(FastPath(views) if request.param == "fast path" else views)

    def post(token: str, poll_id: UUID, body: dict[str, str], key: str | None = None) -> Response:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        return through(None, f"/api/polls/{poll_id}/vote", body, headers)

    return post
