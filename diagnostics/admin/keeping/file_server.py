"""The FTP and SFTP servers: which are running, and where stations reach them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import home, parts
from diagnostics.admin.base import FactAdmin, WholeFleet
from diagnostics.models import FileServer
from diagnostics.services.uploads import file_servers


@admin.register(FileServer)
class FileServerAdmin(WholeFleet, FactAdmin):
    list_display = ("server", "state", "reached", "tls_", "connected", "started", "seen")
    nothing_yet = gettext_lazy(
        "No FTP or SFTP server has run here yet. Only stations that know no HTTP need one."
    )
    list_display_links = None
    ordering = ("-heartbeat_at",)
    fields = ("kind", "url", "tls", "tls_required", "host", "pid", "port", "connected",
              "started_at", "heartbeat_at", "stopped_at")  # fmt: skip

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return []

    @admin.display(description=gettext_lazy("Server"))
    def server(self, row: FileServer) -> SafeString:
        url = f"../fileserver/{row.pk}/change/"
        return format_html('<a href="{}">{}</a>', url, row)

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: FileServer) -> SafeString:
        if row.is_running:
            return parts.badge(_("running"), "good")
        if row.stopped_at:
            return parts.badge(_("stopped"), "quiet")
        return parts.badge(_("no sign of life"), "bad")

    @admin.display(description=gettext_lazy("Stations reach it at"))
    def reached(self, row: FileServer) -> SafeString:
        return format_html("<code>{}</code>", row.url)

    @admin.display(description="TLS")
    def tls_(self, row: FileServer) -> str:
        if row.kind == FileServer.Kind.SFTP:
            return _("SSH")
        if not row.tls:
            return _("no")
        return _("required") if row.tls_required else _("offered")

    @admin.display(description=gettext_lazy("Started"))
    def started(self, row: FileServer) -> SafeString:
        return parts.ago(row.started_at)

    @admin.display(description=gettext_lazy("Last sign of life"))
    def seen(self, row: FileServer) -> SafeString:
        return parts.ago(row.heartbeat_at)


def missing(request: HttpRequest) -> home.Section | None:
    """Servers that should run and do not: stations that speak nothing else bring no files."""
    if not request.user.has_perm("diagnostics.view_fileserver"):
        return None
    url = reverse("admin:diagnostics_fileserver_changelist")
    lines = [
        home.Line(
            _("The %(kind)s server is not running: start manage.py ftpserver")
            % {"kind": kind.label},
            url,
            at=last.heartbeat_at if last else None,
        )
        for kind, last in file_servers.missing()
    ]
    return home.Section(_("Some stations cannot bring files"), "bad", lines)


home.register_section(missing, weight=15)
