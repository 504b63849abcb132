"""Replaces Django's admin site with ours.

Not in ``polling_site.apps``, where Django could not choose between two app configurations.
"""

from django.contrib.admin.apps import AdminConfig


class ModerationConfig(AdminConfig):
    default_site = "polling_site.moderation.site.ModerationSite"
