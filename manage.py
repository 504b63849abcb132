#!/usr/bin/env python
"""Tallyroom's commands: ``manage.py help`` lists them."""

import os
import sys

from polling_site.config.generated_secrets import COMMAND as GENERATE_SECRETS
from polling_site.config.generated_secrets import secret_lines


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "polling_site.settings")
    if sys.argv[1:] == [GENERATE_SECRETS]:
        # Ahead of the settings, which may not be readable for want of these.
        sys.stdout.write(secret_lines())
        return
    from django.core.management import execute_from_command_line
    from django.db import Error as DatabaseError

    from polling_site.database.diagnostics import explain

    try:
        execute_from_command_line(sys.argv)
    except DatabaseError as error:
        sentence = None if "--traceback" in sys.argv else explain(error)
        if sentence is None:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
