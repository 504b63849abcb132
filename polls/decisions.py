"""Reads what hosts have decided about texts and words, and which texts people may see.

Everything that shows texts calls :func:`visible_texts`: only hosts and its author may see a text
that waits for approval.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from polls.host_models import DecisionGroup, HostDecision, Verdict
from polls.kinds.base import NO_DECISIONS, Approval, Kind
from polls.kinds.decisions import WordDecisions
from polls.kinds.word_cloud import WordCloud
from polls.models import Cell

TEXT = DecisionGroup.TEXT.value
WORD = DecisionGroup.WORD.value


def read_word_decisions(poll_id: UUID) -> WordDecisions:
    """Return what the hosts of a word cloud have decided; one query."""
    rows = HostDecision.objects.filter(poll_id=poll_id, group=WORD).values_list(
        "key", "verdict", "target", "target_text"
    )
    merged = {key: (target, text) for key, verdict, target, text in rows if verdict == "merged"}
    return WordDecisions(
        removed=frozenset(key for key, verdict, *_ in rows if verdict == Verdict.REMOVED),
        merged={key: target for key, (target, _) in merged.items()},
        texts=dict(merged.values()),
    )


def decisions_for(kind_name: str, poll_id: UUID) -> WordDecisions:
    """Return the decisions that a kind is built with; a query for word clouds only."""
    return read_word_decisions(poll_id) if kind_name == WordCloud.name else NO_DECISIONS


def texts_with(poll_id: UUID, verdict: Verdict | None) -> QuerySet[Cell]:
    """Return the texts about which a host has decided this, or nothing yet; newest first."""
    decided = HostDecision.objects.filter(poll_id=poll_id, group=TEXT, key=OuterRef("key"))
    is_decided = Exists(decided if verdict is None else decided.filter(verdict=verdict))
    texts = Cell.objects.filter(poll_id=poll_id, group=TEXT, count__gt=0).order_by("-id")
    return texts.filter(~is_decided if verdict is None else is_decided)


def texts_not_removed(poll_id: UUID) -> QuerySet[Cell]:
    """Return the texts that no host has removed, newest first."""
    removed = HostDecision.objects.filter(
        poll_id=poll_id, group=TEXT, key=OuterRef("key"), verdict=Verdict.REMOVED
    )
    texts = Cell.objects.filter(poll_id=poll_id, group=TEXT, count__gt=0)
    return texts.filter(~Exists(removed)).order_by("-id")


def forget_decisions(poll_ids: Collection[UUID], texts: Collection[str] | None = None) -> None:
    """Delete decisions about ``texts``, or all, that nobody sends any more; one query at most."""
    if poll_ids:
        cells = Cell.objects.filter(poll_id=OuterRef("poll_id"), group=TEXT, key=OuterRef("key"))
        decided = HostDecision.objects.filter(poll__any_of=poll_ids, group=TEXT)
        if texts is not None:
            decided = decided.filter(key__in=texts)
        decided.filter(~Exists(cells)).delete()


def read_newest_texts(poll_id: UUID, approval: Approval, limit: int) -> list[tuple[str, int]]:
    """Return the newest texts that people see, with their counts; at most two queries.

    Approved texts are read in the order of their approval, by an index: there may be any number of
    others.
    """
    if approval == Approval.NOT_REMOVED:
        return list(texts_not_removed(poll_id).values_list("key", "count")[:limit])
    shown = HostDecision.objects.filter(poll_id=poll_id, group=TEXT, verdict=Verdict.SHOWN)
    keys = list(shown.order_by("-id").values_list("key", flat=True)[:limit])
    texts = Cell.objects.filter(poll_id=poll_id, group=TEXT, key__in=keys, count__gt=0)
    counts = dict(texts.values_list("key", "count")) if keys else {}
    return [(key, counts[key]) for key in keys if key in counts]


def visible_texts(poll_id: UUID, kind: Kind, texts: Collection[str]) -> set[str]:
    """Return those ``texts`` that people see now; one query, none for other kinds.

    For copies of texts, such as those in samples: what was shown then may be removed by now, or
    taken back.
    """
    approval = next((each.approval for each in kind.shown_groups() if each.approval), None)
    if approval is None or not texts:
        return set(texts)
    is_held = approval == Approval.APPROVED
    visible = texts_with(poll_id, Verdict.SHOWN) if is_held else texts_not_removed(poll_id)
    return set(visible.filter(key__in=texts).values_list("key", flat=True))
