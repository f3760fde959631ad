from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the project's own commands (`serve`, `demo`) known to manage.py."""

    name = "config"
