"""Figures for Prometheus: `path("metrics", diagnostics.metrics.metrics)`.

Closed until METRICS_TOKEN is set; whoever asks brings it as a bearer token. Needs the package
`prometheus_client`, of which only the formats are used.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.utils import floatToGoString

from diagnostics.conf import app_settings
from diagnostics.services import metrics as figures

BEARER = "bearer "
_FAMILIES = {
    figures.Kind.GAUGE: GaugeMetricFamily,
    figures.Kind.COUNTER: CounterMetricFamily,
}


class DiagnosticsCollector(Collector):
    """All figures, read when they are collected; for a host that has a registry of its own."""

    def collect(self) -> Iterator[Metric]:
        for each in figures.all_metrics():
            yield _family(each)

    def describe(self) -> list[Metric]:
        """Nothing: to register it must not ask the database."""
        return []


def _family(each: figures.Metric | figures.Distribution) -> Metric:
    if isinstance(each, figures.Distribution):
        buckets = [(floatToGoString(end), count) for end, count in each.buckets]
        # Only the counts are kept, so there is no sum.
        return HistogramMetricFamily(each.name, each.help, buckets=buckets, sum_value=None)
    family = _FAMILIES[each.kind](each.name, each.help, labels=each.labels)
    for labels, value in each.values.items():
        family.add_metric(labels, value)
    return family


registry = CollectorRegistry(auto_describe=False)
registry.register(DiagnosticsCollector())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures: 404 where no token is set, 401 without it."""
    if not app_settings.metrics_token:
        return _plain("Metrics are off: set METRICS_TOKEN.\n", 404)
    if not _is_let_in(request):
        refused = _plain("Bring METRICS_TOKEN as a bearer token.\n", 401)
        refused.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refused
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _is_let_in(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    scheme, token = given[: len(BEARER)], given[len(BEARER) :]
    is_right = constant_time_compare(token.strip(), app_settings.metrics_token)
    return is_right and scheme.lower() == BEARER


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
