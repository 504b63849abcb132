"""Builds the wire format of messages that somebody may read, a page at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, Min, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from apikit.actors import Actor
from apikit.routing import NO_ID
from chat.models import Mention, Message, Reaction
from chat.wire import MessageView, ReactionView, view_message

# Of one emoji on one message.
REACTORS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SeqPage:
    """Messages in the order of ``seq``.

    ``before`` and ``after`` continue in either direction; None where nothing follows.
    """

    messages: list[Message]
    before: int | None
    after: int | None


def id_or_none(actor: Actor) -> UUID:
    """Return the actor's id, or for a visitor one that nobody has."""
    return actor.id or NO_ID


def whole_messages() -> QuerySet[Message]:
    """Return messages with their authors."""
    return Message.objects.defer("searchable_body").select_related("author")


def page_by_seq(
    messages: QuerySet[Message], *, limit: int, before: int | None, after: int | None
) -> SeqPage:
    """Return ``limit`` messages after ``after``, otherwise the last ones before ``before``.

    With neither, the newest; with both, only those in between. At most three queries.
    """
    between = messages if after is None else messages.filter(seq__gt=after)
    between = between if before is None else between.filter(seq__lt=before)
    if after is None:
        found = list(between.order_by("-seq")[:limit])[::-1]
    else:
        found = list(between.order_by("seq")[:limit])
    if not found:
        return SeqPage([], None, None)
    first, last = found[0].seq, found[-1].seq
    return SeqPage(
        found,
        before=first if _has_any(messages.filter(seq__lt=first).order_by("-seq")) else None,
        after=last if _has_any(messages.filter(seq__gt=last).order_by("seq")) else None,
    )


def _has_any(ordered: QuerySet[Message]) -> bool:
    """Return whether there are any, by the index; ``exists()`` drops the order and may scan."""
    return bool(ordered.values_list("seq")[:1])


def view_messages(messages: Collection[Message], actor: Actor) -> list[MessageView]:
    """Return messages of :func:`whole_messages`; at most two queries."""
    ids = [message.id for message in messages if message.deleted_at is None]
    mentions = _mentions_on(ids)
    reactions = _reactions_on(ids, actor)
    return [
        view_message(each, mentions=mentions[each.id], reactions=reactions[each.id])
        for each in messages
    ]


def _mentions_on(message_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    found = Mention.objects.filter(message_id__in=message_ids).order_by("id")
    mentions: dict[UUID, list[UUID]] = defaultdict(list)
    for message_id, user_id in found.values_list("message_id", "user_id") if message_ids else ():
        mentions[message_id].append(user_id)
    return mentions


def _reactions_on(message_ids: Collection[UUID], actor: Actor) -> dict[UUID, list[ReactionView]]:
    """Return the reactions by message, the oldest emoji first, each with the actor first."""
    reactions: dict[UUID, list[ReactionView]] = defaultdict(list)
    for message_id, emoji, count, user_ids in _reaction_rows(message_ids, actor):
        reactions[message_id].append(ReactionView(emoji=emoji, count=count, user_ids=user_ids))
    return reactions


def _reaction_rows(
    message_ids: Collection[UUID], actor: Actor
) -> Iterable[tuple[UUID, str, int, tuple[UUID, ...]]]:
    if not message_ids:
        return
    alike = ["message_id", "emoji"]
    own_first = Case(When(user_id=id_or_none(actor), then=Value(0)), default=Value(1))
    rows = (
        Reaction.objects.filter(message_id__in=message_ids)
        .annotate(
            place=Window(RowNumber(), partition_by=alike, order_by=[own_first, "id"]),
            count=Window(Count("id"), partition_by=alike),
            since=Window(Min("id"), partition_by=alike),
        )
        .filter(place__lte=REACTORS_SHOWN)
        .order_by("since", "place")
        .values_list("message_id", "emoji", "count", "user_id")
    )
    found: dict[tuple[UUID, str], tuple[int, list[UUID]]] = {}
    for message_id, emoji, count, user_id in rows:
        found.setdefault((message_id, emoji), (count, []))[1].append(user_id)
    for (message_id, emoji), (count, user_ids) in found.items():
        yield message_id, emoji, count, tuple(user_ids)
