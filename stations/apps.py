from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = "Charging stations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from diagnostics.signals import events_recorded
        from stations import checks, housekeeping, metrics  # noqa: F401  register themselves
        from stations.connectors import keep_reported_states

        events_recorded.connect(keep_reported_states, dispatch_uid="stations.connectors")
