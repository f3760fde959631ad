from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.profile import OPEN_RUNS, ProfileState, RunCause, RunStatus
from diagnostics.models.call import OutboundCall
from diagnostics.models.selection import StationSelection
from diagnostics.models.variable import VariableRequest
from diagnostics.profiles.document import Document


class MonitorProfile(models.Model):
    """The monitors that stations of some selections should have; what it says is in `current`.

    A station that several profiles match has the one of the lowest `position`, then the oldest.
    """

    class Repair(models.TextChoices):
        BY_HAND = "ByHand", _("by hand: stations that drifted wait for somebody")
        AUTOMATIC = "Automatic", _("by itself: stations that drifted are put right")

    class Clears(models.TextChoices):
        OWN = "Own", _("what a profile has set, and nothing else")
        CUSTOM = "Custom", _("every monitor known to be set by a CSMS or by hand")

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(
        _("order"),
        default=100,
        help_text=_(
            "Where several profiles match a station it has the one with the lowest number; of two "
            "with the same number, the older one."
        ),
    )
    selections: models.ManyToManyField = models.ManyToManyField(
        StationSelection,
        blank=True,
        related_name="profiles",
        verbose_name=_("selections of stations"),
        help_text=_("Whose stations it is for. None: it is for no station yet."),
    )
    repair = models.CharField(
        _("repair"), max_length=10, choices=Repair.choices, default=Repair.BY_HAND
    )
    repairs_per_day = models.PositiveSmallIntegerField(
        _("repairs a day"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "How often in 24 hours one station is repaired by itself, at most: two systems that "
            "set its monitors must not fight without end."
        ),
    )
    clears = models.CharField(
        _("clears"),
        max_length=8,
        choices=Clears.choices,
        default=Clears.OWN,
        help_text=_("What is built in or set in the factory is never cleared."),
    )
    current: models.ForeignKey = models.ForeignKey(
        "diagnostics.ProfileVersion",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("version"),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )

    class Meta:
        verbose_name = _("monitor profile")
        verbose_name_plural = _("monitor profiles")
        ordering = ["position", "pk"]
        permissions = [("apply_monitorprofile", _("Can apply monitor profiles to stations"))]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_profile_name",
                violation_error_message=_("There is already a profile with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def document(self) -> Document:
        """What it says now."""
        return self.current.document if self.current else Document()


class ProfileVersion(models.Model):
    """What a profile said from one saving to the next."""

    profile = models.ForeignKey(
        MonitorProfile, on_delete=models.CASCADE, related_name="versions", verbose_name=_("profile")
    )
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"), help_text=_("As `Document.plain` writes it."))
    note = models.CharField(_("what has changed"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("saved"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("saved by"),
    )

    class Meta:
        verbose_name = _("version of a profile")
        verbose_name_plural = _("versions of profiles")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "number"], name="diagnostics_profile_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    @property
    def document(self) -> Document:
        return Document.read(self.content)


class StationProfile(models.Model):
    """How a station stands to the profile it has; one row a station, made when it first has one.

    `due_at` is the queue: when to compare it (again), None for not before something happens.
    Whoever compares pushes it into the future, as a lease. The counts are those of the last plan.
    `refused` holds what the station said no to, by `refusal_key`, as long as its firmware is
    `refused_firmware`.
    """

    station = models.OneToOneField(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    profile = models.ForeignKey(
        MonitorProfile,
        on_delete=models.SET_NULL,
        null=True,
        related_name="stations",
        verbose_name=_("profile"),
    )
    state = models.CharField(_("state"), max_length=12, choices=ProfileState.choices, blank=True)
    why = models.CharField(_("because"), max_length=24, blank=True)
    to_switch = models.PositiveIntegerField(_("settings to change"), default=0)
    to_set = models.PositiveIntegerField(_("to set"), default=0)
    to_replace = models.PositiveIntegerField(_("to replace"), default=0)
    to_clear = models.PositiveIntegerField(_("to clear"), default=0)
    unchanged = models.PositiveIntegerField(_("as wanted"), default=0)
    cannot = models.PositiveIntegerField(_("cannot be had"), default=0)
    compared = models.ForeignKey(
        ProfileVersion,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("compared with version"),
    )
    checked_at = models.DateTimeField(_("compared"), null=True)
    applied = models.ForeignKey(
        ProfileVersion,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("version that it has"),
    )
    applied_at = models.DateTimeField(_("has it since"), null=True)
    due_at = models.DateTimeField(_("to be compared"), null=True)
    refused = models.JSONField(_("refused"), default=dict, blank=True)
    refused_firmware = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("station with a monitor profile")
        verbose_name_plural = _("stations with monitor profiles")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="diag_profile_due",
            ),
            models.Index(fields=["profile", "state", "-id"], name="diag_profile_state"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.get_state_display()}"


class ProfileRunQuerySet(models.QuerySet["ProfileRun"]):
    def open(self) -> ProfileRunQuerySet:
        return self.filter(status__in=OPEN_RUNS)

    def running(self) -> ProfileRunQuerySet:
        return self.filter(status=RunStatus.RUNNING)

    def waiting(self) -> ProfileRunQuerySet:
        return self.filter(status=RunStatus.WAITING)


class ProfileRun(models.Model):
    """One bringing of a station into step, stage by stage; see `services.profiles.runs`.

    `tries` counts how often each stage was begun, `results` says what came of settings.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    version = models.ForeignKey(
        ProfileVersion, on_delete=models.CASCADE, related_name="runs", verbose_name=_("version")
    )
    cause = models.CharField(_("cause"), max_length=8, choices=RunCause.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus.choices, default=RunStatus.WAITING
    )
    reason = models.CharField(_("reason"), max_length=24, blank=True)
    reason_info = models.CharField(_("explanation"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("requested"))
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    tries = models.JSONField(_("stages"), default=dict, blank=True)
    calls: models.ManyToManyField = models.ManyToManyField(
        OutboundCall, related_name="+", blank=True, verbose_name=_("calls")
    )
    variables = models.ForeignKey(
        VariableRequest,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("variables"),
    )
    results = models.JSONField(_("results"), default=dict, blank=True)

    objects = ProfileRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("application of a profile")
        verbose_name_plural = _("applications of profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["station"],
                condition=models.Q(status__in=["Waiting", "Running"]),
                name="diagnostics_one_profile_run",
            )
        ]
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_profile_run"),
            models.Index(
                fields=["id"], condition=models.Q(status="Running"), name="diag_profile_running"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_RUNS
