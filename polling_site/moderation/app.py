"""Puts our site of the admin in the place of Django's.

Apart from ``polling_site.apps``, where Django would not know which of the two is meant.
"""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    default_site = "polling_site.moderation.site.Desk"
