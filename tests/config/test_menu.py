"""The menu of the admin: sections, in which nothing is missing and nothing stands twice."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory

from config.site import Site
from diagnostics.wording.menu import SECTIONS, in_sections

LOGS = "/admin/diagnostics/logrequest/"


def test_every_model_with_pages_is_in_one_section() -> None:
    assert isinstance(admin.site, Site)
    registered = [m for m in admin.site._registry if m._meta.app_label == "diagnostics"]
    named = [name for _, names in SECTIONS for name in names]
    assert sorted(named) == sorted(model._meta.object_name or "" for model in registered)


def test_what_is_looked_for_comes_first_and_people_last(admin_user: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = admin_user
    titles = [str(app["name"]) for app in admin.site.get_app_list(request)]
    assert titles == [
        "Charging stations",
        *(str(title) for title, _ in SECTIONS),
        "Authentication and Authorization",
    ]


def test_a_section_of_which_one_may_see_nothing_is_left_out(client: Client, db: None) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_logrequest"))
    client.force_login(user)
    page = client.get("/admin/").content.decode()
    assert ">Logs</a>" in page
    assert ">The fleet</a>" not in page
    assert page.count("Log requests</a>") == 1


def test_a_model_that_no_section_knows_stays_in_the_menu() -> None:
    app = {
        "name": "Diagnostics",
        "app_label": "diagnostics",
        "app_url": "/admin/diagnostics/",
        "models": [{"object_name": "Alert"}, {"object_name": "Novelty"}],
    }
    found = [(str(each["name"]), each["models"]) for each in in_sections([app])]
    assert found == [
        ("What is wrong", [{"object_name": "Alert"}]),
        ("Diagnostics", [{"object_name": "Novelty"}]),
    ]


def test_the_menu_stands_beside_the_pages_and_the_app_has_its_own(admin_client: Client) -> None:
    assert "What is wrong" in admin_client.get(LOGS).content.decode()
    assert "Log requests</a>" in admin_client.get("/admin/diagnostics/").content.decode()
