from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = "Charging stations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stations import conf  # noqa: F401  registers the system check
