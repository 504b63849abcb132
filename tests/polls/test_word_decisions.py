"""Words that hosts merge and remove."""

from collections import Counter
from random import Random

import pytest

from accounts.models import User
from apikit.errors import ValidationFailedError
from polls import text_decisions
from polls.errors import NothingToDecideError, TooManyDecisionsError
from polls.host_models import HostDecision
from polls.kinds.decisions import MergeCycleError, WordDecisions
from polls.models import Cell, Poll
from tests.conftest import ClientFor
from tests.polls.conftest import PublishedEvents
from tests.polls.hosting import ask, results, send, settle, words
from votes.recount import find_mismatches

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poll(alice: User) -> Poll:
    return ask(alice, "word_cloud")


@pytest.mark.both
def test_a_merged_word_counts_as_the_other_one_in_all_its_spellings(
    alice: User, bob: User, charlie: User, poll: Poll, events: PublishedEvents
) -> None:
    send(bob, poll, "Tea", "coffee")
    send(charlie, poll, "TEAS")
    before = results(alice, poll)
    assert settle(alice, poll, "merge", word="teas", into="tea")
    assert words(bob, poll) == {"Tea": 2, "coffee": 1}
    send(alice, poll, "teas")
    assert words(bob, poll) == {"Tea": 3, "coffee": 1}
    assert settle(alice, poll, "restore", word="Teas")
    assert words(bob, poll) == {"TEAS": 2, "Tea": 1, "coffee": 1}
    versions = [event.version for event in events.tallies()]
    assert before.version is not None
    assert versions == [before.version + 1, before.version + 3]
    assert list(find_mismatches()) == []


def test_a_removed_word_stays_hidden_when_it_is_sent_again(
    alice: User, bob: User, charlie: User, poll: Poll
) -> None:
    send(bob, poll, "Tea", "rude")
    settle(alice, poll, "remove", word="RUDE")
    send(charlie, poll, "Rude", "tea")
    tally = results(bob, poll).tally
    assert words(bob, poll) == {"Tea": 2}
    assert tally.total == 2, "removed words do not count"  # type: ignore[union-attr]
    settle(alice, poll, "restore", word="rude")
    assert words(bob, poll)["Rude"] == 2


def test_chains_are_flattened(alice: User, bob: User, poll: Poll) -> None:
    send(bob, poll, "a", "b", "c")
    settle(alice, poll, "merge", word="a", into="b")
    settle(alice, poll, "merge", word="b", into="c")
    assert words(bob, poll) == {"c": 3}
    # And into a word that is merged already.
    settle(alice, poll, "merge", word="d", into="a")
    assert dict(HostDecision.objects.values_list("key", "target")) == {"a": "c", "b": "c", "d": "c"}
    settle(alice, poll, "restore", word="b")
    assert words(bob, poll) == {"c": 2, "b": 1}


def test_cycles_and_removed_targets_are_refused(alice: User, bob: User, poll: Poll) -> None:
    settle(alice, poll, "merge", word="a", into="b")
    settle(alice, poll, "merge", word="b", into="c")
    settle(alice, poll, "remove", word="d")
    for word, into in (("c", "a"), ("c", "C"), ("a", "d"), ("c", "b")):
        with pytest.raises(ValidationFailedError) as refusal:
            settle(alice, poll, "merge", word=word, into=into)
        assert [each.field for each in refusal.value.errors] == ["into"]


def test_a_word_that_nobody_sent_shows_what_the_host_wrote(
    alice: User, bob: User, poll: Poll
) -> None:
    send(bob, poll, "teaa", "tae")
    settle(alice, poll, "merge", word="teaa", into="Hot Tea")
    settle(alice, poll, "merge", word="tae", into="hot tea")
    assert words(bob, poll) == {"Hot Tea": 2}


def test_removing_a_word_hides_what_counts_as_it(alice: User, bob: User, poll: Poll) -> None:
    send(bob, poll, "a", "b", "c")
    settle(alice, poll, "merge", word="a", into="b")
    settle(alice, poll, "remove", word="b")
    assert words(bob, poll) == {"c": 1}


def test_there_is_a_bound_of_decisions(
    alice: User, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_decisions, "MAX_WORD_DECISIONS", 2)
    settle(alice, poll, "remove", word="a")
    settle(alice, poll, "merge", word="b", into="c")
    for action, fields in (("remove", {"word": "d"}), ("merge", {"word": "d", "into": "c"})):
        with pytest.raises(TooManyDecisionsError):
            settle(alice, poll, action, **fields)
    # Another decision about the same word is no further one.
    settle(alice, poll, "remove", word="b")


@pytest.mark.parametrize("seed", range(6))
def test_the_view_is_exact_whatever_is_decided(alice: User, bob: User, seed: int) -> None:
    """Equal to counting every word, also those that are not among the largest."""
    chance, poll = Random(seed), ask(alice, "word_cloud")
    sent = {f"w{number:03}": chance.randint(1, 40) for number in range(150)}
    cells = [
        Cell(poll=poll, group=group, key=word, count=count)
        for word, count in sent.items()
        for group in ("word", "spelling")
    ]
    total = sum(sent.values())
    Cell.objects.bulk_create([*cells, Cell(poll=poll, group="sum", key="n", count=total)])
    rare = sorted(sent, key=lambda word: (sent[word], word))
    common = rare[::-1]
    expected = Counter(sent)
    for word in chance.sample(common[:60], 20):
        settle(alice, poll, "remove", word=word)
        del expected[word]
    left = [word for word in rare if word in expected]
    for word in chance.sample(left[:60], 10):
        into = chance.choice([each for each in left if each != word and each in expected])
        if word not in expected:
            continue
        settle(alice, poll, "merge", word=word, into=into)
        expected[into] += expected.pop(word)
    largest = sorted(expected.items(), key=lambda each: (-each[1], each[0]))[:50]
    assert list(words(bob, poll).items()) == largest
    assert results(bob, poll).tally.total == sum(expected.values())  # type: ignore[union-attr]


def test_a_pure_merge_counts_every_word_once() -> None:
    decisions = WordDecisions(frozenset({"x"}), {"a": "b", "y": "x"})
    assert decisions.apply({"a": 1, "b": 2, "c": 3, "x": 4, "y": 5}) == {"b": 3, "c": 3}
    assert decisions.keys == {"a", "b", "x", "y"}
    with pytest.raises(MergeCycleError):
        decisions.check_merge("b", "a")


def test_hosts_read_what_they_have_decided(
    alice: User, bob: User, poll: Poll, client_for: ClientFor
) -> None:
    settle(alice, poll, "merge", word="Teas", into="Tea")
    settle(alice, poll, "remove", word="rude")
    answer = client_for(alice).get(f"/api/polls/{poll.id}/decisions").json()
    fields = ("key", "verdict", "intoKey", "into")
    assert [tuple(each[name] for name in fields) for each in answer["words"]] == [
        ("rude", "removed", None, None),
        ("teas", "merged", "tea", "Tea"),
    ]


def test_other_kinds_have_no_words(alice: User) -> None:
    with pytest.raises(NothingToDecideError):
        settle(alice, ask(alice, "open_text"), "remove", word="tea")
