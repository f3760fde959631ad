import uuid

from django.db import models


class ChargeBox(models.Model):
    """A station, as this CSMS has always kept it: diagnostics asks nothing of this model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box_id = models.CharField("charge box id", max_length=48, unique=True)
    site = models.CharField(max_length=100, blank=True)
    ocpp_version = models.CharField("OCPP version", max_length=8, blank=True, editable=False)
    # Of the socket that is open now. A box may be back before its old socket is known to be dead.
    connection = models.CharField(max_length=36, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "charge boxes"

    def __str__(self) -> str:
        return self.box_id

    @property
    def is_online(self) -> bool:
        return self.connection != ""
