"""The public surface: what hosts build on. A change here is a change for them."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from django.dispatch import Signal

from diagnostics import gateway, signals, storage, testing

# Module -> function -> its parameters; a star stands where only keywords follow.
FUNCTIONS = {
    "inbound": {
        "receive_call": "station version action payload",
        "receive_result": "station message_id payload",
        "receive_error": "station message_id code description details",
        "receive_result_error": "station message_id code description details",
        "receive_timeout": "station message_id",
        "receive_send": "station version action payload",
        "station_connected": "station **details",
        "stations_connected": "connected",
        "stations_booted": "booted",
        "station_disconnected": "station * connection **details",
        "stations_disconnected": "ended",
        "station_refused": "station",
    },
    "ingest": {
        "submit": "station_id version action payload * checked",
        "close": "",
    },
    "message_log": {
        "record": "station frame direction * connection outcome description checked",
    },
    "services.calls.triggers": {
        "trigger": "* station message evse_id connector_id custom placed_by",
    },
    "services.events.alerts": {
        "acknowledge": "alerts * user note_text",
        "close_alerts_of_monitor": "station monitoring_id * now",
    },
    "services.calls": {
        "place_call": "* station action payload expires_in timeout placed_by",
        "place_calls": "* stations action payload **wanted",
        "cancel_call": "call",
    },
    "services.calls.delivery": {
        "next_call": "station * version connection registration",
    },
    "services.searches": {
        "start_search": "* query wanted requested_by",
        "cancel_search": "search",
        "search_unread_again": "search",
    },
    "services.logs": {
        "check_request": "* station log_type oldest latest",
        "request_log": "* station log_type oldest latest retries retry_interval expires_in"
        " requested_by",
        "request_logs": "* stations requested_by **wanted",
        "request_again": "row * requested_by",
        "cancel_log": "row * canceled_by",
    },
    "services.access": {
        "visible": "rows user * station",
        "own": "rows user * by",
        "sees": "user station",
    },
    "services.fleet.groups": {
        "add_stations": "* group stations added_by now",
        "remove_stations": "* group stations",
    },
    "services.notifications": {
        "notify_about": "kind row * station severity alert what targets now",
    },
    "notify": {"send": "target message"},
    "services.fleet.selections": {"stations_of": "selection user"},
    "services.campaigns": {
        "start_campaign": "* name operation stations params scope scope_name created_by again_of"
        " now **pace",
        "survey": "* operation params stations",
        "pause_campaign": "campaign",
        "resume_campaign": "campaign",
        "go_on": "campaign",
        "cancel_campaign": "campaign",
        "retry_failed": "campaign * now",
        "run_again": "campaign * created_by",
        "tally": "campaigns user",
    },
    "services.campaigns.schedules": {
        "save_schedule": "schedule * now",
        "switch": "schedule * on",
        "run_now": "schedule * started_by",
    },
    "services.logs.outcomes": {
        "requests_since": "moment user * group selection",
        "outcomes": "rows grouping",
    },
    "services.metrics": {
        "one": "name help_text value kind",
        "register": "source",
    },
    "metrics": {"metrics": "request"},
    "services.files.examination": {
        "request_examination": "file",
    },
    "services.files.reading": {
        "open_text": "file member",
    },
    "services.files": {
        "store_keys": "file",
    },
    "services.reports": {
        "request_base_report": "* station report_base requested_by",
        "request_report": "* station criteria named requested_by",
        "request_monitoring_report": "* station criteria named requested_by",
        "request_again": "row * requested_by",
    },
    "services.device_model.variables": {
        "get_variables": "* station asked everything purpose requested_by",
        "set_variables": "* station asked requested_by",
        "get_limits": "station",
    },
    "services.uploads.arrivals": {
        "find_upload": "token",
        "sign_in": "user password * remote_address",
        "find_part": "ticket name",
        "upload_started": "ticket * name method declared_size content_type remote_address"
        " name_was_appended continued_at others",
        "upload_progress": "ticket received",
        "upload_failed": "ticket * reason",
        "record_upload": "ticket * stored name method form content_type declared_size complete"
        " remote_address received_at continues",
    },
    "gateway": {"get_gateway": ""},
    "storage": {"get_log_store": ""},
    "uploads.app": {"upload_app": "scope receive send", "is_upload": "scope"},
    "admin.fleet.actions": {"request_logs_action": "model_admin request queryset"},
    "tasks": {"sweep": "", "run_campaigns": "", "apply_retention": "run_id"},
}

METHODS = {
    gateway.StationGateway: {"identity", "version", "find", "is_online", "send"},
    gateway.FleetGateway: {"send_all", "online", "speaking", "matching"},  # none of it is required
    storage.LogStore: {
        "open_upload",
        "size",
        "head",
        "list",
        "read",
        "read_pieces",
        "copy",
        "delete",
        "check",
        "sign_put",
        "sign_get",
    },
}


def parameters(function: object) -> str:
    words: list[str] = []
    for parameter in inspect.signature(getattr(function, "run", function)).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(("**" if parameter.kind is parameter.VAR_KEYWORD else "") + parameter.name)
    return " ".join(words)


@pytest.mark.parametrize("module", FUNCTIONS)
def test_functions_take_what_they_always_took(module: str) -> None:
    imported = import_module(f"diagnostics.{module}")
    assert {name: parameters(getattr(imported, name)) for name in FUNCTIONS[module]} == FUNCTIONS[
        module
    ]


@pytest.mark.parametrize("protocol", METHODS, ids=lambda protocol: protocol.__name__)
def test_ports_ask_hosts_for_nothing_new(protocol: type) -> None:
    assert {name for name in vars(protocol) if name[0] != "_"} == METHODS[protocol]


def test_the_door_has_no_other_openings() -> None:
    door = import_module("diagnostics.inbound")
    own = {
        name
        for name, value in vars(door).items()
        if name[0] != "_" and getattr(value, "__module__", "") == door.__name__
    }
    assert own == set(FUNCTIONS["inbound"])


def test_signals_are_these() -> None:
    assert {name for name, value in vars(signals).items() if isinstance(value, Signal)} == {
        "alert_changed",
        "call_settled",
        "events_recorded",
        "log_file_received",
        "log_request_changed",
        "log_request_settled",
    }


def test_exceptions_are_these() -> None:
    exceptions = import_module("diagnostics.exceptions")
    assert {name for name, value in vars(exceptions).items() if inspect.isclass(value)} == {
        "DiagnosticsError",
        "FileNotExamined",
        "FileUnreadable",
        "RequestClosed",
        "RequestRefused",
        "UploadExpired",
        "UploadRefused",
        "UploadTooLarge",
        "UploadUnknown",
    }


def test_the_storage_port_is_this() -> None:
    assert set(storage.__all__) == {
        "CHUNK",
        "INCOMING",
        "LogStore",
        "ObjectChanged",
        "ObjectFacts",
        "ObjectMissing",
        "SignedAddress",
        "StorageError",
        "StorageFull",
        "StorageUnavailable",
        "StoredObject",
        "Upload",
        "get_log_store",
        "incoming_key",
        "incoming_request",
        "object_key",
    }


def test_the_test_kit_is_whole() -> None:
    assert {"Quirk", "ScriptedStation", "make_diagnostics_log"} <= set(testing.__all__)
    assert all(hasattr(testing, name) for name in testing.__all__)


def test_the_pages_that_hosts_inherit_are_there() -> None:
    pages = import_module("diagnostics.admin.fleet.station_page")
    assert all(hasattr(pages, name) for name in ("StationPage", "Tab", "TABS"))
    adapter = import_module("diagnostics.adapters.mobilityhouse")
    assert all(hasattr(adapter, name) for name in ("DiagnosticsMixin", "doorbell"))
