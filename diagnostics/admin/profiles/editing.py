"""Make and change monitor profiles: by rows, as YAML, from a file; and take them away as a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from diagnostics.admin.base import Precise, page_media, require
from diagnostics.admin.profiles.forms import DocumentForms
from diagnostics.admin.profiles.yaml_forms import NewYamlForm, YamlForm
from diagnostics.models import MonitorProfile, ProfileVersion
from diagnostics.profiles.document import Document
from diagnostics.profiles.yaml_text import dump
from diagnostics.services import profiles

ADD, CHANGE, VIEW = (
    "diagnostics.add_monitorprofile",
    "diagnostics.change_monitorprofile",
    "diagnostics.view_monitorprofile",
)


class ProfileEditing(Precise):
    """The part of the profiles' admin that writes them."""

    def editing_urls(self, wrap: Callable[..., Any]) -> list[URLPattern]:
        name = "diagnostics_monitorprofile"
        return [
            path("import/", wrap(self.import_view), name=f"{name}_import"),
            path("<int:pk>/edit/", wrap(self.edit_view), name=f"{name}_edit"),
            path("<int:pk>/yaml/", wrap(self.yaml_view), name=f"{name}_yaml"),
            path("<int:pk>/export/", wrap(self.export_view), name=f"{name}_export"),
        ]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request, ADD)
        return self._edit(request, None)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, CHANGE)
        return self._edit(request, self.find(request, pk))

    def _edit(self, request: HttpRequest, profile: MonitorProfile | None) -> HttpResponse:
        forms = DocumentForms(request, profile)
        if request.method == "POST" and forms.is_valid() and forms.document is not None:
            with transaction.atomic():
                row = self._saved(request, forms, profile)
                note = forms.profile.cleaned_data["note"]
                self._keep(request, row, forms.document, note, is_new=profile is None)
                profiles.settle_profile(row)
            return redirect(page_of(row))
        title = _("Change %(name)s") % {"name": profile} if profile else _("New monitor profile")
        return self._form_page(request, "edit", title, profile, forms=forms, modules=("rows",))

    def _saved(
        self, request: HttpRequest, forms: DocumentForms, profile: MonitorProfile | None
    ) -> MonitorProfile:
        row: MonitorProfile = forms.profile.save(commit=False)
        if profile is None:
            creator: Any = request.user
            row.created_by = creator
        row.save()
        forms.profile.save_m2m()
        return row

    def yaml_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the profile says, as text; mistakes are told by their lines."""
        require(request, CHANGE)
        profile = self.find(request, pk)
        data = request.POST if request.method == "POST" else None
        form = YamlForm(data, request.FILES or None, initial={"text": dump(profile.document)})
        if data is not None and form.is_valid() and form.document is not None:
            self._keep(request, profile, form.document, form.cleaned_data["note"])
            return redirect(page_of(profile))
        title = _("%(name)s as YAML") % {"name": profile}
        return self._form_page(request, "yaml", title, profile, form=form)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A new profile from a text or a file; for which stations it is, is said after that."""
        require(request, ADD)
        data = request.POST if request.method == "POST" else None
        form = NewYamlForm(data, request.FILES or None)
        if data is not None and form.is_valid() and form.document is not None:
            with transaction.atomic():
                creator: Any = request.user
                name = form.cleaned_data["name"]
                row = MonitorProfile.objects.create(name=name, created_by=creator)
                note = form.cleaned_data["note"]
                self._keep(request, row, form.document, note, is_new=True)
            messages.info(request, _("Now say which stations it is for."))
            return redirect("admin:diagnostics_monitorprofile_edit", row.pk)
        return self._form_page(request, "yaml", _("New monitor profile from YAML"), form=form)

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The profile as a file, or the version that `?version=` names."""
        require(request, VIEW)
        profile = self.find(request, pk)
        version = version_of(request, profile)
        number = version.number if version else 0
        heading = f"{profile.name}, version {number}"
        text = dump(version.document if version else Document(), heading=heading)
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", profile.name).strip("-.") or "profile"
        headers = {"Content-Disposition": f'attachment; filename="{name}-{number}.yaml"'}
        return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)

    def _keep(
        self,
        request: HttpRequest,
        profile: MonitorProfile,
        document: Document,
        note: str,
        *,
        is_new: bool = False,
    ) -> None:
        """Save what it says, and tell what came of it."""
        before = profile.current
        version = profiles.save_document(
            profile=profile, document=document, note=note, saved_by=request.user
        )
        if version == before:
            messages.success(request, _("Saved. What it says has not changed."))
            return
        text = _("Version %(number)s is saved. Its stations are compared with it now.")
        messages.success(request, text % {"number": version.number})
        if is_new:
            self.log_addition(request, profile, [{"added": {}}])
        else:
            self.log_change(request, profile, f"version {version.number}")

    def _form_page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        profile: MonitorProfile | None = None,
        modules: tuple[str, ...] = (),
        **extra: Any,
    ) -> HttpResponse:
        listed = reverse("admin:diagnostics_monitorprofile_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media(*modules),
            "title": title,
            "profile": profile,
            "back": page_of(profile) if profile else listed,
            **extra,
        }
        return TemplateResponse(request, f"diagnostics/profiles/{template}.html", context)


def page_of(profile: MonitorProfile) -> str:
    return reverse("admin:diagnostics_monitorprofile_change", args=[profile.pk])


def version_of(request: HttpRequest, profile: MonitorProfile) -> ProfileVersion | None:
    """The version that `?version=` names, or the current one."""
    number = request.GET.get("version", "")
    if number.isdecimal() and len(number) < 10:
        found = profile.versions.filter(number=int(number)).first()
        return found or profile.current
    return profile.current
