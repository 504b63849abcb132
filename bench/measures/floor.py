"""The limit of writes: single-row inserts by pgbench with 16 clients."""

from bench.bench import Bench
from bench.contestants.floor import PGBENCH_CLIENTS, single_row_inserts
from bench.figures import Findings, Row, median_of

SECONDS = 4


async def run(bench: Bench) -> Findings:
    rows = []
    for _ in range(bench.repetitions):
        per_second = single_row_inserts(bench.services, int(bench.seconds(SECONDS)))
        what = f"single-row inserts, pgbench with {PGBENCH_CLIENTS} clients"
        rows.append(Row(what, "the floor", per_second, "rows/s"))
    return [median_of(rows)]
