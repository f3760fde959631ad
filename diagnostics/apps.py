from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    verbose_name = "Diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the system checks, what happens when rows go, and the rules of housekeeping.
        from diagnostics import checks, receivers  # noqa: F401
        from diagnostics.services.housekeeping import bounded as housekeeping_bounded  # noqa: F401
        from diagnostics.services.housekeeping import tables as housekeeping_tables  # noqa: F401
