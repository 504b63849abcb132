"""Stores receipts by idempotency key, in the transaction of their votes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from apikit.errors import IdempotencyKeyReusedError
from apikit.idempotency import fingerprint_of
from apikit.models import IdempotencyRecord
from apikit.wire import adapter_of, encode, to_wire
from votes.ballots import Ballot, Receipt


class ReceiptStore:
    """Stored receipts for the idempotency keys of these ballots; at most one query."""

    def __init__(self, ballots: Iterable[Ballot]) -> None:
        keyed = [ballot for ballot in ballots if ballot.key is not None]
        self._records: dict[tuple[str, str], IdempotencyRecord] = {}
        self._new: list[IdempotencyRecord] = []
        if keyed:
            for record in IdempotencyRecord.objects.filter(
                scope__in={str(ballot.voter_id) for ballot in keyed},
                key__in={ballot.key for ballot in keyed},
            ):
                self._records[record.scope, record.key] = record

    def find(self, ballot: Ballot, poll_id: UUID, *, is_ordered: bool) -> Receipt | None:
        """Returns the stored receipt for the key of a ballot, if there is one.

        ``is_ordered`` means that answers in another order are another request.

        :raises IdempotencyKeyReusedError: if the key belongs to another request.
        """
        record = self._records.get((str(ballot.voter_id), ballot.key or ""))
        if record is None:
            return None
        if record.fingerprint != _fingerprint(ballot, poll_id, is_ordered=is_ordered):
            raise IdempotencyKeyReusedError
        receipt: Receipt = adapter_of(Receipt).validate_json(bytes(record.response))
        return receipt

    def add(self, ballot: Ballot, receipt: Receipt, now: datetime, *, is_ordered: bool) -> None:
        """Adds the receipt of a ballot with a key, to be saved."""
        assert ballot.key is not None
        kept = to_wire(receipt) | {"isReplayed": True}
        record = IdempotencyRecord(
            scope=str(ballot.voter_id),
            key=ballot.key,
            fingerprint=_fingerprint(ballot, receipt.poll_id, is_ordered=is_ordered),
            response=encode(kept).encode(),
            created_at=now,
        )
        self._records[record.scope, record.key] = record
        self._new.append(record)

    def save(self) -> None:
        """Writes the receipts that were added; at most one query."""
        if self._new:
            IdempotencyRecord.objects.bulk_create(self._new)


def _fingerprint(ballot: Ballot, poll_id: UUID, *, is_ordered: bool) -> str:
    return fingerprint_of("vote", str(poll_id), _content(ballot, is_ordered=is_ordered))


def _content(ballot: Ballot, *, is_ordered: bool) -> list[Any]:
    """What a ballot says, in an order of its own unless that is part of it."""
    if not ballot.answers:
        option_ids = map(str, ballot.option_ids)
        return list(option_ids) if is_ordered else sorted(option_ids)
    # With ranks, only these are the order.
    by_rank = sorted(ballot.answers, key=lambda each: each.rank or 0)
    answers = [to_wire(each) for each in by_rank]
    return answers if is_ordered else sorted(answers, key=encode)
