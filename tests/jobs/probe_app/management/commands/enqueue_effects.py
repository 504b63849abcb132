"""Creates jobs, as many as are given for each ``killed``: ``enqueue_effects 100 at_work:2``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from jobs.services import enqueue_for_site
from tests.jobs.probe_app.tasks import Effect


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("counts", nargs="+")
        parser.add_argument("--work", type=float, default=0.1)

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS effects (job_id uuid)")
        for each in options["counts"]:
            killed, _, count = each.rpartition(":")
            for _number in range(int(count)):
                payload = Effect(killed=killed, work_s=options["work"])
                enqueue_for_site(type_="effect", payload=payload)
