"""How log files of one station come in: a part of the host's own form for its stations."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin, StackedInline, display
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.models import StationInfo
from diagnostics.services.uploads import routes as upload_routes
from diagnostics.wording import route_sentence


class StationInfoInline(StackedInline):
    """What diagnostics may be told about a station; whoever may change it may choose here."""

    model = StationInfo
    fields = ("upload_route", "upload_base_url", "way_in")
    readonly_fields = ("way_in",)
    can_delete = False
    max_num = 1
    verbose_name_plural = gettext_lazy("Log uploads")
    template = "diagnostics/station/info_inline.html"

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["choices"] = [("", _("Automatic")), *upload_routes.offered()]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @display(description=gettext_lazy("the next file comes in"))
    def way_in(self, info: StationInfo) -> str:
        """What the station's settings come to now, with the reason."""
        return route_sentence(*upload_routes.preview_route(info.station)) if info.pk else "–"


class UploadSettings(ModelAdmin):
    """The part of a station's page with these settings, and the trace that a change leaves."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [*super().get_inlines(request, obj), StationInfoInline] if obj else []

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is StationInfo and formset.has_changed():
            for info in formset.get_queryset():
                upload_routes.record_choice(info, chosen_by=request.user)
