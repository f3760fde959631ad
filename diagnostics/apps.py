from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured

from diagnostics.conf import station_model


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    verbose_name = "Diagnostics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        require_station_model()
        # Registers the system checks, what happens when rows go, and the rules of housekeeping.
        from diagnostics import checks, receivers  # noqa: F401
        from diagnostics.services.housekeeping import bounded as housekeeping_bounded  # noqa: F401
        from diagnostics.services.housekeeping import tables as housekeeping_tables  # noqa: F401


def require_station_model() -> None:
    """Said once, before each foreign key to a model that is not there complains for itself.

    Raises ImproperlyConfigured.
    """
    try:
        apps.get_model(station_model())
    except LookupError as error:
        raise ImproperlyConfigured(
            f'DIAGNOSTICS_STATION_MODEL = "{station_model()}" names no model of an app in '
            f"INSTALLED_APPS: {error}"
        ) from error
