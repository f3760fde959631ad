from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    verbose_name = "Diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from diagnostics import checks  # noqa: F401  registers the system checks
        from diagnostics.services import housekeeping_tables  # noqa: F401  registers its rules
