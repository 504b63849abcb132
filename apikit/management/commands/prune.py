"""``manage.py prune``: deletes expired rows now."""

from typing import Any

from django.core.management.base import BaseCommand

from apikit.pruning import PRUNERS, begin_run


class Command(BaseCommand):
    help = (
        "Deletes unused guests, ended sign-ins, expired sessions and email changes, and old "
        "idempotency keys now. Servers do the same in the background."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for kind in sorted(PRUNERS):
            label = kind.replace("_", " ")
            run = begin_run(kind, is_due_only=False)
            if run is None:
                self.stdout.write(f"{label}: another process is pruning these")
                continue
            while run.step():
                pass
            self.stdout.write(f"{label}: {run.deleted} deleted")
