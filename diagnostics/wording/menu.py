"""The admin's menu in sections: what is looked for together stands together.

Django lists the models of an app by their names, which leaves log requests among thirty others.
A project's AdminSite uses it:

    class Site(AdminSite):
        def get_app_list(self, request, app_label=None):
            apps = super().get_app_list(request, app_label)
            return apps if app_label else in_sections(apps)
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

APP = "diagnostics"
# A title, and the models in the order in which they are needed.
SECTIONS = (
    (_("Logs"), ("LogRequest", "LogSearch")),
    (_("What is wrong"), ("Alert", "StationEvent", "SecurityEvent", "HealthProblem")),
    (
        _("Inside the stations"),
        ("Monitor", "VariableRequest", "Report", "EventStream", "CustomerInformation"),
    ),
    (
        _("The fleet"),
        (
            "StationGroup",
            "StationSelection",
            "Campaign",
            "CampaignStation",
            "Schedule",
            "MonitorProfile",
            "StationProfile",
        ),
    ),
    (
        _("By itself"),
        (
            "Automation",
            "AutomationFiring",
            "NotificationRoute",
            "NotificationTarget",
            "Delivery",
        ),
    ),
    (_("On the wire"), ("OutboundCall", "MessageRecord", "StationCapability")),
    (
        _("Keeping order"),
        (
            "RetentionRule",
            "RetentionRun",
            "LegalHold",
            "StoreCheck",
            "Housekeeping",
            "FileServer",
            "GroupLimit",
        ),
    ),
)
# Pages beside the list of a model: their name, and their address below that of the list. They are
# for those who may see the model.
PAGES = {"LogRequest": (("LogOutcomes", _("Outcomes"), "outcomes/"),)}


def in_sections(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `AdminSite.get_app_list` gives, with a section for each part of this app.

    Models that are in no section stay where Django put them; sections without a model that the
    user may see are left out.
    """
    found: list[dict[str, Any]] = []
    for app in apps:
        found += _sections_of(app) if app["app_label"] == APP else [app]
    return found


def _sections_of(app: dict[str, Any]) -> list[dict[str, Any]]:
    models = {model["object_name"]: model for model in app["models"]}
    sections = []
    for number, (title, names) in enumerate(SECTIONS):
        here = [model for name in names if name in models for model in _pages(models.pop(name))]
        # An address of its own: Django marks every section whose address is that of the page.
        address = f"{app['app_url']}#section-{number}"
        sections.append({**app, "name": title, "app_url": address, "models": here})
    sections.append({**app, "models": list(models.values())})
    return [section for section in sections if section["models"]]


def _pages(model: dict[str, Any]) -> list[dict[str, Any]]:
    """A model, and the pages that stand beside it in the menu."""
    if not model.get("perms", {}).get("view"):
        return [model]
    return [model] + [
        {
            "name": title,
            "object_name": name,
            "admin_url": f"{model['admin_url']}{address}",
            "add_url": None,
            "view_only": True,
            "perms": {"view": True},
        }
        for name, title, address in PAGES.get(model["object_name"], ())
    ]
