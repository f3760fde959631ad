from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.log_search import (
    UNFINISHED,
    FileState,
    SearchScope,
    SearchStatus,
    Unread,
)
from diagnostics.models.log_file import LogFile
from diagnostics.texts.query import LONGEST_PATTERN, Query


class LogSearchQuerySet(models.QuerySet["LogSearch"]):
    def open(self) -> LogSearchQuerySet:
        return self.filter(status=SearchStatus.RUNNING)


class LogSearch(models.Model):
    """One pattern looked for in many log files.

    The pattern may be somebody's name: it stands in no log, title or address. The counts are kept
    here while files are settled one by one; what was found is in `SearchedFile` and `SearchHit`.
    """

    pattern = models.CharField(_("searched for"), max_length=LONGEST_PATTERN, blank=True)
    regex = models.BooleanField(_("regular expression"), default=False)
    case = models.BooleanField(_("case-sensitive"), default=False)
    levels = models.CharField(_("levels"), max_length=4, blank=True)

    scope = models.CharField(_("in the logs of"), max_length=10, choices=SearchScope.choices)
    scope_name = models.CharField(_("called"), max_length=255, blank=True)
    log_type = models.CharField(_("log"), max_length=20, choices=LogType.choices, blank=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)

    created_at = models.DateTimeField(_("started"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("searched by"),
    )
    status = models.CharField(
        _("status"), max_length=8, choices=SearchStatus.choices, default=SearchStatus.RUNNING
    )
    heard_at = models.DateTimeField(_("last progress"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    expires_at = models.DateTimeField(_("kept until"))

    stations = models.PositiveIntegerField(_("stations"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    searched = models.PositiveIntegerField(_("files searched"), default=0)
    unread = models.PositiveIntegerField(_("files not read"), default=0)
    files_hit = models.PositiveIntegerField(_("files with hits"), default=0)
    hits = models.PositiveBigIntegerField(_("hits"), default=0)
    kept = models.PositiveIntegerField(_("hits kept"), default=0)

    objects = LogSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("search over logs")
        verbose_name_plural = _("searches over logs")
        permissions = [("search_logs", _("Can search over many logs"))]
        indexes = [
            models.Index(
                fields=["heard_at"],
                condition=models.Q(status="Running"),
                name="diag_search_running",
            ),
            models.Index(fields=["expires_at"], name="diag_search_expiry"),
        ]

    def __str__(self) -> str:
        return f"{_('search')} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == SearchStatus.RUNNING

    @property
    def query(self) -> Query:
        return Query(self.pattern, self.regex, self.case, self.levels)

    @property
    def done(self) -> int:
        """Files whose turn is over."""
        return self.searched + self.unread


class SearchedFileQuerySet(models.QuerySet["SearchedFile"]):
    def unfinished(self) -> SearchedFileQuerySet:
        return self.filter(state__in=UNFINISHED)


class SearchedFile(models.Model):
    """A file of a search, and how its search went."""

    search = models.ForeignKey(
        LogSearch, on_delete=models.CASCADE, related_name="searched_files", verbose_name=_("search")
    )
    log_file = models.ForeignKey(
        LogFile, on_delete=models.CASCADE, related_name="+", verbose_name=_("log file")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=FileState.choices, default=FileState.WAITING
    )
    at = models.DateTimeField(_("last progress"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    problem = models.CharField(_("problem"), max_length=12, choices=Unread.choices, blank=True)
    hits = models.PositiveIntegerField(_("hits"), default=0)
    more = models.BooleanField(
        _("there are more"), default=False, help_text=_("It was not searched to its end.")
    )

    objects = SearchedFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("searched file")
        verbose_name_plural = _("searched files")
        constraints = [
            models.UniqueConstraint(fields=["search", "log_file"], name="diag_searched_once")
        ]
        indexes = [models.Index(fields=["search", "state", "-log_file"], name="diag_searched")]

    def __str__(self) -> str:
        return str(self.log_file)


class SearchHit(models.Model):
    """A line with what was searched for; `line` and `column` from 0, as `texts.search.Hit`."""

    searched_file = models.ForeignKey(
        SearchedFile, on_delete=models.CASCADE, related_name="kept", verbose_name=_("file")
    )
    member = models.PositiveIntegerField(_("member"))
    path = models.CharField(_("path in the archive"), max_length=512, blank=True)
    line = models.PositiveBigIntegerField(_("line"))
    column = models.PositiveBigIntegerField(_("column"), default=0)
    text = models.TextField(_("text"))
    spans = models.JSONField(_("matches"), default=list)

    class Meta:
        verbose_name = _("hit")
        verbose_name_plural = _("hits")

    def __str__(self) -> str:
        return f"{self.searched_file} {self.line + 1}"
