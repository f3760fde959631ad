"""The one settings dict, `DIAGNOSTICS`, looked at anew each time so that changes are seen."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_type_hints

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from diagnostics.setting_kinds import in_words, takes

Keys = TypeVar("Keys")

_NONE: dict[str, Any] = {}


class SettingsDict(Generic[Keys]):
    """A settings dict as the dataclass of its keys: the same object as long as the dict is.

    Compared at each look instead of forgotten at `setting_changed`: that signal does not come for
    a setting that is deleted, and a thread that looks during the change could keep what was.
    """

    def __init__(self, name: str, keys: type[Keys]) -> None:
        self._name, self._keys = name, keys
        self._read: tuple[dict[str, Any], Keys] | None = None

    def __call__(self) -> Keys:
        given, read = self._given(), self._read
        if read is None or read[0] is not given:
            known = {key.lower(): given[key] for key in given.keys() & self._known()}
            self._read = read = (given, self._keys(**known))
        return read[1]

    def problems(self) -> list[str]:
        """What a system check says of the dict: typos, and values of which nothing can be made."""
        if not isinstance(getattr(settings, self._name, _NONE), dict):
            return [f"{self._name} must be a dict."]
        given, known = self._given(), self._known()
        kinds = get_type_hints(self._keys)
        unknown = [self._unknown(str(key)) for key in sorted(given.keys() - known, key=str)]
        return unknown + [
            f"{self._name}['{key}'] must be {in_words(kind)}, not {given[key]!r}."
            for key in sorted(given.keys() & known)
            if not takes(kind := kinds[key.lower()], given[key])
        ]

    def _unknown(self, key: str) -> str:
        close = get_close_matches(key.upper(), self._known(), n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        return f"{self._name} has an unknown key {key}.{meant}"

    def _given(self) -> dict[str, Any]:
        given: Any = getattr(settings, self._name, _NONE)
        return given if isinstance(given, dict) else _NONE

    def _known(self) -> set[str]:
        return {field.name.upper() for field in fields(self._keys)}  # type: ignore[arg-type]


# Compared by identity: what is made of one dict is not mistaken for that of another (`gateway`).
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiagnosticsSettings:
    """Every key of `DIAGNOSTICS`, in lower case, with its default.

    `docs/settings.md` explains them; a test keeps the two together.
    """

    # Dotted path of the class that reaches your stations. Required: the app never guesses.
    gateway: str = ""
    # Where log files are kept: file:///directory or s3://bucket/prefix.
    log_store_url: str = ""
    # How stations and browsers reach an S3 store, where that is not how this server does.
    store_public_url: str = ""
    # Whether browsers reach the store too: downloads then come from there, by links that expire.
    downloads_from_store: bool = False
    # What stations can reach over HTTP(S), without a trailing slash.
    public_url: str = ""
    # The path under PUBLIC_URL where the upload endpoint is mounted.
    upload_path: str = "/u/"
    # The path of the websocket that tells operators' pages what changed.
    socket_path: str = "/ws/diagnostics/"
    # Ways for a file to come in, the preferred one first; the relay is always the last resort.
    upload_routes: tuple[str, ...] = ("relay",)
    # The FTP server as stations reach it, ftp://host or ftp://host:port; empty: there is none.
    ftp_url: str = ""
    # Where it listens, as address:port; empty: on all addresses, at the port of FTP_URL.
    ftp_listen: str = ""
    # The first and the last of its ports for data.
    ftp_passive_ports: tuple[int, int] = (50000, 50199)
    # The IPv4 address that stations are told for those, where this machine has another one.
    ftp_passive_address: str = ""
    # PEM files of its certificate chain and its key; without them there is no TLS.
    ftp_certificate: str = ""
    ftp_key: str = ""
    # Whether stations that do not use TLS are turned away.
    ftp_tls_required: bool = False
    # The SFTP server as stations reach it, sftp://host or sftp://host:port; empty: there is none.
    sftp_url: str = ""
    # Where it listens, as FTP_LISTEN.
    sftp_listen: str = ""
    # File of its private key, made at the first start.
    sftp_host_key: str = ""
    # Connections at a time to each of the two, and from one address.
    ftp_max_connections: int = 200
    ftp_max_connections_per_address: int = 50
    # How long a station may take to answer a call.
    response_timeout: timedelta = timedelta(seconds=30)
    # The same for GetLog and GetDiagnostics: some stations answer only after the whole upload.
    log_response_timeout: timedelta = timedelta(seconds=120)
    # How long a call waits for an absent station before it expires.
    call_lifetime: timedelta = timedelta(hours=24)
    # How long after that an upload address still takes files.
    upload_lifetime: timedelta = timedelta(hours=24)
    # How long after "Uploaded" the file may still be on its way.
    upload_grace: timedelta = timedelta(seconds=60)
    # Silence after which an accepted upload is asked about; after twice that it counts as lost.
    upload_silence: timedelta = timedelta(minutes=15)
    # Largest file taken from a station, in bytes.
    max_upload_size: int = 2 * 1024**3
    # Bytes that are unpacked of one file, in all, to make its text readable.
    max_unpacked_size: int = 8 * 1024**3
    # Files kept per request: stations retry, and not every retry is the same file.
    max_files_per_request: int = 20
    # Silence after which a report whose parts do not come counts as incomplete.
    report_part_timeout: timedelta = timedelta(minutes=2)
    # Whether a station is asked for its limits after it connected first, and after each boot.
    read_limits: bool = True
    # Whether it is asked for all its variables too, once for each firmware, and for its monitors.
    read_device_model: bool = True
    # Whether every message of every station is recorded.
    message_log: bool = True
    # Actions that are not: with their answers, unless these are errors.
    message_log_leaves_out: tuple[str, ...] = ("Heartbeat", "MeterValues")
    # How long messages are kept.
    message_log_lifetime: timedelta = timedelta(days=30)
    # The queue of Celery for what takes long: examining files, searching, cleaning up. Empty: the
    # same as for all else.
    slow_queue: str = ""
    # How long what a station knows of a customer is kept; that it was asked stays on record.
    customer_information_lifetime: timedelta = timedelta(days=30)
    # How long that record is kept after the text went; None: for ever. So with all that follow.
    customer_information_history: timedelta | None = None
    # Events, except those of open alerts, and alerts after they were cleared.
    event_history: timedelta | None = timedelta(days=365)
    alert_history: timedelta | None = timedelta(days=365)
    security_event_history: timedelta | None = timedelta(days=730)
    # What happened to stations; entries of log requests go with these.
    timeline_history: timedelta | None = timedelta(days=365)
    # Log requests that ended and have no file any more, with their timeline and calls.
    log_request_history: timedelta | None = timedelta(days=730)
    # Who opened which log file.
    file_access_history: timedelta | None = timedelta(days=730)
    # Reports with their parts, except the newest complete one of each kind of each station.
    report_history: timedelta | None = timedelta(days=90)
    variable_request_history: timedelta | None = timedelta(days=90)
    # Monitors that stations do not have any more, or never had; applications of profiles.
    monitor_history: timedelta | None = timedelta(days=365)
    # Calls that belong to no request.
    call_history: timedelta | None = timedelta(days=90)
    # How long it is kept how connections were, hour by hour.
    health_history: timedelta | None = timedelta(days=90)
    # What is a problem of a connection, in this hour and the last one; numbers: 0 switches it off.
    health_flapping: int = 10
    health_turned_away: int = 3
    health_unreadable: int = 5
    health_unanswered: int = 3
    # Errors on either side, as a part of all exchanges.
    health_error_rate: float = 0.1
    # How long 95 of 100 answers may take.
    health_slow: timedelta = timedelta(seconds=10)
    # How long a connected station may be silent, and how wrong its clock may be.
    health_silence: timedelta = timedelta(minutes=15)
    health_clock_skew: timedelta = timedelta(seconds=30)
    # What a monitoring system brings as a bearer token to read figures; empty: nobody reads them.
    metrics_token: str = ""
    # How often tables are looked through for what is older.
    housekeeping_interval: timedelta = timedelta(hours=1)
    # Whether an event stream whose arrears grow at the station is sped up by itself.
    adjust_streams: bool = True
    # How long the values of periodic event streams are kept.
    stream_lifetime: timedelta = timedelta(days=30)
    # How long a search over many logs is kept, with the lines it found.
    search_lifetime: timedelta = timedelta(days=7)
    # Stations that are brought into step with their monitor profiles at once.
    profiles_at_once: int = 50
    # How long it is kept what automations did.
    automation_lifetime: timedelta = timedelta(days=90)
    # Whether notifications may go to addresses inside this network, as 10.0.0.1.
    notify_private_addresses: bool = True
    # How long it is tried to deliver one.
    notification_patience: timedelta = timedelta(hours=24)
    # How long it is kept what was delivered to whom.
    notification_lifetime: timedelta = timedelta(days=30)
    # How long campaigns are kept once they are over, and what became of schedules.
    campaign_lifetime: timedelta | None = timedelta(days=180)


current_settings = SettingsDict("DIAGNOSTICS", DiagnosticsSettings)


class _Current:
    """Attribute access to the settings as they are now."""

    def __getattr__(self, name: str) -> Any:
        return getattr(current_settings(), name)


app_settings = _Current()


def station_model() -> str:
    """`DIAGNOSTICS_STATION_MODEL`: a plain top-level setting, since migrations depend on it.

    Raises ImproperlyConfigured when the project does not name its station model.
    """
    name = getattr(settings, "DIAGNOSTICS_STATION_MODEL", None)
    if not isinstance(name, str) or name.count(".") != 1:
        raise ImproperlyConfigured(
            'Set DIAGNOSTICS_STATION_MODEL = "app.Model" to the model that holds your stations.'
        )
    return name
