from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the project's own commands (`serve`, `demo`) known to manage.py."""

    name = "config"

    def ready(self) -> None:
        from config import housekeeping  # noqa: F401  registers a rule
