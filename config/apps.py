from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    """Django's admin, with the menu of this project."""

    default_site = "config.site.Site"


class ProjectConfig(AppConfig):
    """Makes the project's own commands (`serve`, `demo`) known to manage.py."""

    name = "config"

    def ready(self) -> None:
        from config import housekeeping  # noqa: F401  registers a rule
