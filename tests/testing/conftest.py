"""A station of whatever model the project has, which is asked nothing but what a test asks."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import override_settings

from diagnostics.gateway import get_gateway
from diagnostics.models import LogRequest


@pytest.fixture
def station(tmp_path):
    faked = {
        "GATEWAY": "diagnostics.testing.fakes.FakeGateway",
        "LOG_STORE_URL": f"file://{tmp_path}",
        "READ_LIMITS": False,
        "READ_DEVICE_MODEL": False,
    }
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **faked}):
        model = LogRequest._meta.get_field("station").related_model
        row = model.objects.create(**{model._meta.fields[1].name: "CS1"})
        get_gateway().put(row, identity="CS1")
        yield row
