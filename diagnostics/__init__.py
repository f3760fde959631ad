"""Remote diagnostics of EV charging stations over OCPP, as a reusable Django app."""

__version__ = "0.1.0"
