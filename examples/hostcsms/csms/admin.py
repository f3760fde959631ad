from django.contrib import admin

from csms.models import ChargeBox


@admin.register(ChargeBox)
class ChargeBoxAdmin(admin.ModelAdmin):
    list_display = ["box_id", "site", "ocpp_version", "connection"]
    search_fields = ["box_id", "site"]
