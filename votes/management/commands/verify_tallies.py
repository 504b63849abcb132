"""``manage.py verify_tallies``: compare the counters with the stored votes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from votes.recount import find_mismatches, repair_tally


class Command(BaseCommand):
    help = "Recounts every vote and compares. Fails if a tally is wrong, unless it repairs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="set wrong tallies right")

    def handle(self, *args: Any, **options: Any) -> None:
        mismatches = list(find_mismatches())
        for each in mismatches:
            counter = f"option {each.option_id}" if each.option_id else "ballots"
            if each.cell is not None:
                counter = f"cell {' '.join(each.cell)}"
            self.stdout.write(
                f"poll {each.poll_id}, {counter}: kept {each.kept}, counted {each.counted}"
            )
        poll_ids = {each.poll_id for each in mismatches}
        if not poll_ids:
            self.stdout.write("All tallies are right.")
        elif options["repair"]:
            for poll_id in poll_ids:
                repair_tally(poll_id)
            self.stdout.write(f"Repaired: {len(poll_ids)}.")
        else:
            raise CommandError(f"Wrong tallies: {len(poll_ids)}. --repair sets them right.")
