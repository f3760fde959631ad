"""What hosts use without our station admin: template tags and sections of Home."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory

from diagnostics.admin import home
from diagnostics.models import LogRequest

TAGS = (
    "{% load diagnostics_admin %}{% diagnostics_home %}{% station_header station %}"
    "{% station_timeline station %}{% station_logs station %}{% station_calls station %}"
)


@pytest.fixture
def request_(rf: RequestFactory, admin_user: User) -> HttpRequest:
    request = rf.get("/")
    request.user = admin_user
    return request


def test_the_template_tags_work_on_any_page(request_: HttpRequest, row: LogRequest) -> None:
    template = engines["django"].from_string(TAGS)
    page = template.render({"station": row.station}, request_)
    for piece in ("What needs somebody now", "CS-1", "Diagnostics log requested", "GetLog"):
        assert piece in page


def test_hosts_add_sections_to_home(request_: HttpRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_sections", [])
    bad = home.Section("Meters", "bad", [home.Line("three meters are silent", "/meters/", 3)])
    home.register_section(lambda request: bad, weight=5)
    home.register_section(lambda request: None)
    home.register_section(lambda request: home.Section("Empty", "bad"))
    assert home.sections(request_) == [bad]
