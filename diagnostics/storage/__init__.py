"""Port: where log files are kept. `get_log_store()` gives the store that LOG_STORE_URL names.

The calls block, so they belong into worker threads. boto3 is imported in `storage.s3_client` alone.
"""

from __future__ import annotations

from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from diagnostics.conf import DiagnosticsSettings, current_settings
from diagnostics.storage.base import (
    CHUNK,
    LogStore,
    ObjectChanged,
    ObjectFacts,
    ObjectMissing,
    SignedAddress,
    StorageError,
    StorageFull,
    StorageUnavailable,
    StoredObject,
    Upload,
)
from diagnostics.storage.keys import INCOMING, incoming_key, incoming_request, object_key

__all__ = [
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
]

# By name, so that a project on a file store never loads boto3.
STORES = {
    "file": "diagnostics.storage.files.FileLogStore",
    "s3": "diagnostics.storage.s3.S3LogStore",
}


def get_log_store() -> LogStore:
    """Return the store of `DIAGNOSTICS["LOG_STORE_URL"]`, the same object each time.

    Raises ImproperlyConfigured when the address is none of ours.
    """
    return _store_of(current_settings())


@lru_cache(maxsize=1)
def _store_of(current: DiagnosticsSettings) -> LogStore:
    scheme = current.log_store_url.partition("://")[0]
    if scheme not in STORES:
        raise ImproperlyConfigured(
            'DIAGNOSTICS["LOG_STORE_URL"] must be file:///directory or s3://bucket/prefix.'
        )
    store: LogStore = import_string(STORES[scheme]).from_url(current.log_store_url)
    return store
