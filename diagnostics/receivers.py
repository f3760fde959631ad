"""What happens when rows go, whoever deletes them.

A host deletes its stations as it likes, and what belongs to them goes by cascade: only signals
see it. So a file that is held is refused here, and the objects of the others are doomed with their
rows. What is deleted past the ORM leaves its objects behind: `manage.py check_store` finds them.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from diagnostics.models import LogFile, LogRequest
from diagnostics.services import files
from diagnostics.services.retention import holds
from diagnostics.services.retention.doomed_objects import doom


@receiver(pre_delete, sender=LogFile, dispatch_uid="diagnostics.file")
def file_goes(instance: LogFile, **_: Any) -> None:
    """Raises ProtectedError for a file on legal hold."""
    holds.refuse_held(instance)
    doom(files.store_keys(instance))


@receiver(pre_delete, sender=LogRequest, dispatch_uid="diagnostics.request")
def request_goes(instance: LogRequest, **_: Any) -> None:
    """Whatever lies in the store for a request beside its files."""
    doom(files.passing_keys(instance))
