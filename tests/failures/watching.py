"""An open page of a campaign, without a browser: what it shows, held against the rows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from urllib.request import Request, urlopen

from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.urls import reverse
from websockets.sync.client import ClientConnection, connect

from diagnostics.models import Campaign
from diagnostics.services import campaigns

# Seconds in which a page hears of a change, and gathers what comes with it: see `line.js`.
HEARD_WITHIN, GATHERED = 5.0, 0.3
COUNT = re.compile(r"state=(\w+)\"><span class=\"dx-badge.*?<strong>(\d+)</strong>")

Counts = dict[str, int]


class OpenPage:
    """Follows the campaign as `page.js` does: is told of a change, and fetches what is shown.

    `looks` counts what was fetched, `lies` what was not so in the rows, or still stood there when
    the rows had changed.
    """

    def __init__(self, campaign: Campaign, url: str) -> None:
        self._pk, self._total = campaign.pk, campaign.stations.count()
        self._url = url
        client = Client()
        client.force_login(get_user_model()._default_manager.create_superuser("watcher"))
        self._headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="open page")
        self.shown: Counts = {}
        self.looks = 0
        self.lies: list[str] = []

    def __enter__(self) -> OpenPage:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            socket = self._url.replace("http", "ws", 1) + "/ws/diagnostics/"
            headers = {**self._headers, "Origin": self._url}
            with connect(socket, additional_headers=headers) as line:
                line.send(json.dumps({"follow": "campaign", "ids": [str(self._pk)]}))
                while not self._over.is_set():
                    self._follow(line)
        except Exception as error:  # it is told to whoever opened the page
            self.lies.append(f"the page broke: {error!r}")
        finally:
            connections.close_all()

    def _follow(self, line: ClientConnection) -> None:
        before = self._rows()
        if not self._is_told(line, HEARD_WITHIN):
            if before != self.shown and before == self._rows():
                self.lies.append(f"{self.shown} is still shown of {before}")
            return
        while self._is_told(line, GATHERED) and not self._over.is_set():
            pass
        self._look()

    def _is_told(self, line: ClientConnection, seconds: float) -> bool:
        try:
            line.recv(timeout=seconds)
        except TimeoutError:
            return False
        return True

    def _look(self) -> None:
        before = self._rows()
        page = reverse("admin:diagnostics_campaign_live", args=[self._pk])
        request = Request(self._url + page, headers=self._headers)
        with urlopen(request, timeout=60) as response:
            html = response.read().decode()
        legend = html.partition("dx-legend")[2].partition("</ul>")[0]
        self.shown = {state: int(count) for state, count in COUNT.findall(legend)}
        self.looks += 1
        self._compare(before, self._rows())

    def _compare(self, before: Counts, after: Counts) -> None:
        """No station is missing, and who has succeeded did so before the page or while it came."""
        good: Callable[[Counts], int] = lambda counts: counts.get("Succeeded", 0)  # noqa: E731
        is_true = (
            sum(self.shown.values()) == self._total
            and good(before) <= good(self.shown) <= good(after)
            and (before != after or self.shown == before)
        )
        if not is_true:
            self.lies.append(f"{self.shown} is no state between {before} and {after}")

    def _rows(self) -> Counts:
        return campaigns.tally([self._pk])[self._pk]
