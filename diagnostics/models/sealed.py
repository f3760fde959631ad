"""A column whose text is encrypted: who reads the database, or a backup, learns nothing from it.

The key comes from Django's SECRET_KEY. What was sealed with one of SECRET_KEY_FALLBACKS is still
read, and sealed with the new key when its row is saved.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.utils.encoding import force_bytes

# Another purpose, another key: what signs sessions opens nothing here.
_PURPOSE = b"diagnostics.models.sealed"


class Unreadable(str):
    """A text that none of today's keys opens: empty, and kept as it lies when its row is saved."""

    kept = ""


class SealedTextField(models.TextField):
    """A text that lies encrypted in the database; "" lies there as it is.

    Rows cannot be looked up by it. Its value is `Unreadable` where SECRET_KEY has changed.
    """

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return opened(value) if value else value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.kept
        return super().get_db_prep_save(sealed(value) if value else value, connection)

    def get_lookup(self, lookup_name: str) -> Any:
        """None but `isnull`: the same text is never sealed twice to the same."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def sealed(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def opened(text: str) -> str:
    try:
        return _box().decrypt(text).decode()
    except InvalidToken:
        lost = Unreadable()
        lost.kept = text
        return lost


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_fernet(force_bytes(key)) for key in keys])


@lru_cache(maxsize=16)
def _fernet(secret: bytes) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
    return Fernet(urlsafe_b64encode(key))
