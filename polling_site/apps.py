from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "polling_site"
    verbose_name = "Tallyroom"
