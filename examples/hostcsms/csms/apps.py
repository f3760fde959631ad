from django.apps import AppConfig


class CsmsConfig(AppConfig):
    name = "csms"
    verbose_name = "Charging"

    def ready(self) -> None:
        from csms import reactions  # noqa: F401  connects the signals
