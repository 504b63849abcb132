"""Receipts kept under idempotency keys, in the transaction of the votes they are for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apikit.errors import IdempotencyKeyReusedError
from apikit.idempotency import fingerprint_of
from apikit.models import IdempotencyRecord
from apikit.wire import adapter_of, encode, to_wire
from votes.ballots import Ballot, Receipt


class ReceiptBook:
    """The receipts of earlier requests with the keys of these ballots; one query, if any."""

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

    def recall(self, ballot: Ballot, poll_id: UUID) -> Receipt | None:
        """The receipt given for this key before.

        :raises IdempotencyKeyReusedError: when that was another request.
        """
        record = self._records.get((str(ballot.voter_id), ballot.key or ""))
        if record is None:
            return None
        if record.fingerprint != _fingerprint(ballot, poll_id):
            raise IdempotencyKeyReusedError
        receipt: Receipt = adapter_of(Receipt).validate_json(bytes(record.response))
        return receipt

    def keep(self, ballot: Ballot, receipt: Receipt, now: datetime) -> None:
        """Keeps a receipt, if the ballot came with a key."""
        if ballot.key is None:
            return
        kept = to_wire(receipt) | {"isReplayed": True}
        record = IdempotencyRecord(
            scope=str(ballot.voter_id),
            key=ballot.key,
            fingerprint=_fingerprint(ballot, receipt.poll_id),
            response=encode(kept).encode(),
            created_at=now,
        )
        self._records[record.scope, record.key] = record
        self._new.append(record)

    def save(self) -> None:
        if self._new:
            IdempotencyRecord.objects.bulk_create(self._new)


def _fingerprint(ballot: Ballot, poll_id: UUID) -> str:
    return fingerprint_of("vote", str(poll_id), sorted(map(str, ballot.option_ids)))
