from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class Direction(models.TextChoices):
    FROM_STATION = "FromStation", _("from the station")
    TO_STATION = "ToStation", _("to the station")


class MessageType(models.IntegerChoices):
    """Message types of OCPP-J; 5 and 6 are new in 2.1."""

    CALL = 2, "CALL"
    CALL_RESULT = 3, "CALLRESULT"
    CALL_ERROR = 4, "CALLERROR"
    CALL_RESULT_ERROR = 5, "CALLRESULTERROR"
    SEND = 6, "SEND"


ANSWERS = frozenset(
    {MessageType.CALL_RESULT, MessageType.CALL_ERROR, MessageType.CALL_RESULT_ERROR}
)

# Outcomes beside the error codes of a CALLERROR. A call that was taken has none: its answer does.
OK = "Ok"
INVALID = "Invalid"
IGNORED = "Ignored"
REPEATED = "Repeated"


class MessageQuerySet(models.QuerySet["MessageRecord"]):
    def troubles(self) -> MessageQuerySet:
        """What was refused, could not be read, or was left alone."""
        return self.exclude(outcome__in=["", OK, REPEATED])

    def other_halves(self, row: MessageRecord) -> MessageQuerySet:
        """The answer to a call, or the call of an answer; a station may have used an id twice."""
        same = self.filter(station_id=row.station_id, message_id=row.message_id)
        return same.exclude(pk=row.pk) if row.message_id else self.none()


class MessageRecord(models.Model):
    """One frame between a station and us, without secrets and personal data.

    A log, not a fact: written in batches after the frame has gone its way, so that the last half
    second is lost with its process. For the same reason the database does not check the station:
    one that was deleted meanwhile must not cost the others of a batch their rows.
    """

    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("station"),
    )
    connection = models.CharField(_("connection"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"))
    direction = models.CharField(_("direction"), max_length=16, choices=Direction.choices)
    message_type = models.PositiveSmallIntegerField(
        _("type"), null=True, blank=True, choices=MessageType.choices
    )
    message_id = models.CharField(_("message id"), max_length=255, blank=True)
    action = models.CharField(
        _("action"), max_length=64, blank=True, help_text=_("Of an answer: that of its call.")
    )
    payload = models.JSONField(_("payload"), null=True, blank=True)
    text = models.TextField(_("text"), blank=True, help_text=_("Of what was no message."))
    size = models.PositiveIntegerField(_("size"), help_text=_("Characters."))
    latency = models.FloatField(
        _("latency"), null=True, blank=True, help_text=_("Milliseconds from call to answer.")
    )
    outcome = models.CharField(_("outcome"), max_length=64, blank=True)
    error_description = models.CharField(_("error"), max_length=255, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("export_messages", _("Can export the messages of a station"))]
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_message_station"),
            models.Index(fields=["station", "message_id"], name="diag_message_pair"),
            models.Index(fields=["at"], name="diag_message_at"),
            models.Index(
                fields=["-id"],
                condition=~Q(outcome__in=["", OK, REPEATED]),
                name="diag_message_trouble",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.action or self.get_message_type_display() or _('text')} {self.message_id[:8]}"
        )

    @property
    def is_answer(self) -> bool:
        return self.message_type in ANSWERS

    def as_json(self) -> dict[str, Any]:
        """The row for an export: what is empty is left out, times in ISO 8601."""
        shown = {
            field.attname: getattr(self, field.attname)
            for field in self._meta.concrete_fields
            if field.name not in ("id", "station")
        }
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in shown.items()
            if value not in (None, "")
        }
