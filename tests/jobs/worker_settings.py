"""The product's settings, with a type of jobs for tests."""

from polling_site.settings import *  # noqa: F403
from polling_site.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.jobs.probe_app"]
