from django.contrib import admin

from csms.models import ChargeBox
from diagnostics.admin.fleet.station_page import StationPage


@admin.register(ChargeBox)
class ChargeBoxAdmin(StationPage):
    list_display = ["box_id", "site", "ocpp_version", "is_online"]
    search_fields = ["box_id", "site"]
    ordering = ["box_id"]
