"""HTTP addresses of the runnable project; /u/ (uploads) and websockets are routed in asgi.py."""

from django.contrib import admin
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from config.health import healthz
from diagnostics.metrics import metrics

admin.site.site_title = admin.site.site_header = _("Station diagnostics")
admin.site.index_title = _("Home")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("metrics", metrics),
]
