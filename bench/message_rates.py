"""Messages per second into one room: by the group commit, and with a transaction each.

    python -m bench.message_rates COUNT

A separate program because it needs Django; ``DATABASE_URL`` names a migrated database. Prints the
two rates as JSON.
"""

import json
import sys
import threading
import time
from collections.abc import Sequence
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from chat import ledger  # noqa: E402
from chat.drafts import Draft  # noqa: E402
from chat.rooms import open_lobby  # noqa: E402
from chat.writer import running_writer, stop_writer  # noqa: E402

# As many requests write at the same time.
THREADS = 16
# Fewer, because each takes longer.
SINGLE_SHARE = 5


def main() -> None:
    count = int(sys.argv[1])
    room_id = open_lobby().id
    authors = [
        User.objects.create(name=f"Writer {number}", is_guest=True).id for number in range(THREADS)
    ]
    rates: dict[str, list[float]] = {"single": [], "batched": []}
    _rate_in_batches(_drafts(room_id, authors, THREADS))
    for _ in range(3):
        rates["single"].append(_rate_of_singles(_drafts(room_id, authors, count // SINGLE_SHARE)))
        rates["batched"].append(_rate_in_batches(_drafts(room_id, authors, count)))
    stop_writer()
    print(json.dumps(rates))


def _drafts(room_id: UUID, authors: Sequence[UUID], count: int) -> list[Draft]:
    return [
        Draft(
            room_id=room_id,
            author_id=authors[number % len(authors)],
            body=f"Message {number} with a text of a usual length",
        )
        for number in range(count)
    ]


def _rate_in_batches(drafts: Sequence[Draft]) -> float:
    began_s = time.perf_counter()
    posted = [running_writer().submit(draft) for draft in drafts]
    for each in posted:
        each.result(60)
    return len(drafts) / (time.perf_counter() - began_s)


def _rate_of_singles(drafts: Sequence[Draft]) -> float:
    def write(share: Sequence[Draft]) -> None:
        try:
            for draft in share:
                ledger.record([draft])
        finally:
            connection.close()

    threads = [
        threading.Thread(target=write, args=[drafts[number::THREADS]]) for number in range(THREADS)
    ]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(drafts) / (time.perf_counter() - began_s)


if __name__ == "__main__":
    main()
