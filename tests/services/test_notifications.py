"""People and programs outside are told: what, when, in which order, and until it got through."""

from __future__ import annotations

import hashlib
import hmac
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from diagnostics import inbound
from diagnostics.conf import app_settings, current_settings
from diagnostics.lifecycles.notification import PAUSED_AFTER, Kind, next_wait
from diagnostics.models import (
    Alert,
    Automation,
    Delivery,
    LogRequest,
    Notification,
    NotificationRoute,
    NotificationTarget,
    StationGroup,
)
from diagnostics.models.notification import new_secret
from diagnostics.notify import Message, Problem, SendFailed, send, webhook
from diagnostics.services import automations, notifications
from diagnostics.services.automations.runs import run_automations
from diagnostics.services.fleet import groups
from diagnostics.services.housekeeping import apply as keep
from diagnostics.services.housekeeping.rules import all_rules
from diagnostics.services.notifications import deliveries, in_hours, next_at, notify_about
from diagnostics.services.notifications.watches import settle_route, watch_routes
from diagnostics.wording.notifications import compose, delivery_sentence, target_sentence
from tests.servers.processes import free_port
from tests.servers.receivers import (
    MailReceiver,
    WebhookReceiver,
    mail_receiver,
    webhook_receiver,
)
from tests.services.conftest import TellingGateway, make_station
from tests.services.test_automations import tells

Route = Callable[..., NotificationRoute]
SETTINGS = "diagnostics.conf.current_settings"


@pytest.fixture
def station(db: None, gateway: TellingGateway) -> Any:
    return make_station()


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def post() -> Iterator[MailReceiver]:
    with (
        mail_receiver() as receiver,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=receiver.port,
            DEFAULT_FROM_EMAIL="diagnostics@example.com",
        ),
    ):
        yield receiver


@pytest.fixture
def target(db: None, hook: WebhookReceiver) -> NotificationTarget:
    return NotificationTarget.objects.create(
        name="Hook", kind="Webhook", address=hook.address, secret=new_secret()
    )


@pytest.fixture
def route(target: NotificationTarget) -> Route:
    """A route to the target, of alerts that open unless told otherwise."""

    def made(*targets: NotificationTarget, **columns: Any) -> NotificationRoute:
        name = f"R{NotificationRoute.objects.count()}"
        usual = {"name": name, "kinds": [Kind.ALERT_OPENED]}
        row = NotificationRoute.objects.create(**usual | columns)
        row.targets.set(targets or [target])
        settle_route(row)
        return row

    return made


def deliver(target: NotificationTarget) -> NotificationTarget:
    deliveries.deliver(target.pk, compose)
    target.refresh_from_db()
    return target


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def at_once(target: NotificationTarget) -> None:
    """The wait after a failure is over."""
    NotificationTarget.objects.filter(pk=target.pk).update(retry_at=None)


def test_an_alert_is_told_with_a_link_to_its_page(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    route()
    tells(station)
    watch_routes()
    watch_routes()
    deliver(target)
    (post,) = hook.posts
    alert, delivery = Alert.objects.get(), Delivery.objects.get()
    assert post.data["subject"] == "CS-1: TemperatureSensor · Temperature (3 Critical)"
    (told,) = post.data["notifications"]
    assert (told["kind"], told["station"], told["severity"]) == ("AlertOpened", "CS-1", 3)
    page = reverse("admin:diagnostics_alert_change", args=[alert.pk])
    assert told["url"] == app_settings.public_url + page
    assert told["url"] in post.data["text"]
    assert (post.data["id"], post.path) == (str(delivery.uuid), "/hook")
    assert (delivery.state, delivery.answer, delivery.attempts) == ("Delivered", "200", 1)
    assert target.delivered_at is not None


def test_who_has_the_secret_knows_who_sent_it(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    """As https://www.standardwebhooks.com has receivers check it."""
    notifications.test_target(target)
    deliver(target)
    (post,) = hook.posts
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode()
    key = b64decode(target.secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + post.body, hashlib.sha256).digest()
    assert post.headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    stamp = datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), UTC)
    assert abs(timezone.now() - stamp) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("kind", "happens", "subject"),
    [
        ("AlertCleared", lambda s: (tells(s), tells(s, cleared=True)), "All is well again: Temp"),
        ("SecurityEvent", lambda s: _security(s), "CS-1: Security event TamperDetection"),
        ("LogFailed", lambda s: _failure(s), "CS-1: Log request #"),
        ("Away", lambda s: inbound.station_disconnected(s), "CS-1: The station is away"),
    ],
)
def test_other_things_are_told_too(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver,
    kind: str, happens: Any, subject: str,
) -> None:  # fmt: skip
    route(kinds=[kind])
    happens(station)
    watch_routes(timezone.now() + timedelta(minutes=16 if kind == "Away" else 0))
    Delivery.objects.update(due_at=timezone.now())
    deliver(target)
    assert subject in hook.posts[0].data["subject"]


def _security(station: Any) -> None:
    event = {"type": "TamperDetectionActivated", "timestamp": timezone.now().isoformat()}
    inbound.receive_call(station, "2.0.1", "SecurityEventNotification", event)


def _failure(station: Any) -> None:
    now = timezone.now()
    LogRequest.objects.create(
        station=station, created_at=now, expires_at=now, address_expires_at=now,
        verdict="Failed", reason="BadMessage", settled_at=now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "count"),
    [
        ({"severity": 3}, 1),
        ({"severity": 2}, 0),
        ({"kinds": ["Away"]}, 0),
        ({"enabled": False}, 0),
        ({"group": "Mine"}, 1),
        ({"group": "Other"}, 0),
    ],
)
def test_a_route_tells_of_what_it_is_for(
    station: Any, route: Route, columns: dict[str, Any], count: int
) -> None:
    if name := columns.pop("group", None):
        columns["group"] = StationGroup.objects.create(name=name)
        groups.add_stations(group=columns["group"], stations=[station] if name == "Mine" else [])
    route(**columns)
    tells(station)
    watch_routes()
    assert Delivery.objects.count() == count


def test_two_routes_to_one_target_tell_it_once(station: Any, route: Route) -> None:
    route(digest="Minutes")
    route()
    tells(station)
    watch_routes()
    assert states() == ["Waiting"]


def test_mail_comes_in_words(station: Any, route: Route, post: MailReceiver) -> None:
    mail = NotificationTarget.objects.create(
        name="Night shift", kind="Email", address="night@example.com\nday@example.com"
    )
    route(mail)
    tells(station)
    watch_routes()
    deliver(mail)
    (came,) = post.mails
    assert came["Subject"].strip() == "CS-1: TemperatureSensor · Temperature (3 Critical)"
    assert came["Message-ID"] == f"<{Delivery.objects.get().uuid}@diagnostics.invalid>"
    assert "Value: 78.0" in came.get_content()
    assert post.recipients == ["night@example.com", "day@example.com"]


@pytest.mark.parametrize(
    ("refusal", "state"), [("550 unknown", "Refused"), ("451 later", "Waiting")]
)
def test_what_the_mail_server_says_decides_whether_it_is_tried_again(
    db: None, post: MailReceiver, station: Any, route: Route, refusal: str, state: str
) -> None:
    mail = NotificationTarget.objects.create(name="M", kind="Email", address="a@example.com")
    route(mail)
    tells(station)
    watch_routes()
    post.refusals = [refusal]
    deliver(mail)
    row = Delivery.objects.get()
    assert (row.state, row.answer) == (state, refusal[:3])


def test_what_fails_is_tried_again_in_order_with_the_same_id(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    route()
    for number in range(3):
        tells(station, number)
    watch_routes()
    hook.answers = [500]
    deliver(target)
    assert (states(), target.failures) == (["Waiting"] * 3, 1)
    assert target.retry_at is not None
    deliver(target)  # left alone until then
    assert len(hook.posts) == 1
    at_once(target)
    deliver(target)
    first, *others = [post.data["id"] for post in hook.posts]
    assert others == [str(row.uuid) for row in Delivery.objects.order_by("pk")]
    assert first == others[0]
    assert (states(), target.failures, target.retry_at) == (["Delivered"] * 3, 0, None)
    assert Delivery.objects.order_by("pk")[0].attempts == 2


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (404, "Refused", "HTTP status 404"),
        (302, "Refused", "HTTP status 302"),
        (429, "Waiting", "HTTP status 429"),
        (503, "Waiting", "HTTP status 503"),
        (1.0, "Waiting", "no answer came in time"),
    ],
)
def test_the_answer_decides_whether_it_is_tried_again(
    target: NotificationTarget, station: Any, route: Route, hook: WebhookReceiver,
    monkeypatch: pytest.MonkeyPatch, answer: Any, state: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(webhook, "TIMEOUT", 0.3)
    route()
    tells(station)
    watch_routes()
    hook.answers = [answer]
    deliver(target)
    row = Delivery.objects.get()
    assert row.state == state
    assert said in delivery_sentence(row)
    assert [post.path for post in hook.posts] == ["/hook"]  # redirects are not followed


def test_a_dead_target_is_paused_and_holds_up_no_other(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    dead = NotificationTarget.objects.create(
        name="Dead", kind="Webhook", address=f"http://127.0.0.1:{free_port()}/"
    )
    route(dead, target)
    tells(station)
    watch_routes()
    for _attempt in range(PAUSED_AFTER):
        at_once(dead)
        deliver(dead)
    assert dead.is_paused
    assert dead.retry_at is not None
    assert dead.retry_at > timezone.now() + timedelta(minutes=59)
    assert "once an hour" in target_sentence(dead)
    assert "nobody answers" in delivery_sentence(dead.deliveries.get())
    deliver(target)
    assert len(hook.posts) == 1
    dead.address = hook.address
    dead.save()
    deliveries.resume(dead)
    deliver(dead)
    assert dead.deliveries.get().state == "Delivered"


def test_what_waits_too_long_is_given_up_and_old_ones_are_forgotten(
    station: Any, target: NotificationTarget, route: Route
) -> None:
    route()
    tells(station)
    watch_routes()
    deliveries.sweep_deliveries(timezone.now() + timedelta(hours=23))
    assert states() == ["Waiting"]
    deliveries.sweep_deliveries(timezone.now() + timedelta(hours=25))
    assert states() == ["Expired"]
    rules = all_rules()
    later = timezone.now() + timedelta(days=32)
    keep(rules["notifications"], now=later)
    assert Notification.objects.exists()
    keep(rules["deliveries"], now=later)
    assert not Delivery.objects.exists()
    keep(rules["notifications"], now=later)
    assert not Notification.objects.exists()


def test_a_worker_that_died_is_replaced_and_two_do_not_meet(
    target: NotificationTarget, hook: WebhookReceiver
) -> None:
    notifications.test_target(target)
    NotificationTarget.objects.update(busy_until=timezone.now() + timedelta(minutes=1))
    deliver(target)
    assert not hook.posts
    NotificationTarget.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    deliver(target)
    assert len(hook.posts) == 1


def test_a_digest_collects_and_goes_out_when_it_is_due(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    route(digest="Minutes", digest_minutes=15)
    for number in range(3):
        tells(station, number)
    watch_routes()
    deliver(target)
    assert (states(), hook.posts) == (["Collecting"], [])
    Delivery.objects.update(due_at=timezone.now())
    deliver(target)
    (post,) = hook.posts
    assert post.data["subject"] == "3 messages from one station"
    assert len(post.data["notifications"]) == 3
    tells(station, 9)
    watch_routes()
    assert states() == ["Delivered", "Collecting"]


def test_a_storm_is_told_together(
    station: Any, target: NotificationTarget, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "MOST_IN_STORM", 2)
    route()
    for number in range(5):
        tells(station, number)
    watch_routes()
    assert states() == ["Waiting", "Waiting", "Collecting"]
    assert Delivery.objects.latest("pk").told.count() == 3


def test_a_test_goes_ahead_of_what_waits_and_says_how_it_went(
    station: Any, target: NotificationTarget, route: Route, hook: WebhookReceiver
) -> None:
    route()
    tells(station)
    watch_routes()
    hook.answers = [500]
    deliver(target)
    notifications.test_target(target)
    hook.answers = [401]
    deliver(target)
    assert states() == ["Waiting", "Refused"]
    assert target.failures == 1
    notifications.test_target(target)
    deliver(target)
    assert states() == ["Delivered", "Refused", "Delivered"]
    assert hook.posts[2].data["test"] is True


def test_an_automation_tells_whom_it_names(
    station: Any, target: NotificationTarget, hook: WebhookReceiver
) -> None:
    row = Automation.objects.create(name="Hot", trigger="AlertOpened")
    row.targets.add(target)
    automations.begin_from_now(row)
    tells(station)
    run_automations()
    deliver(target)
    (post,) = hook.posts
    assert "CS-1: Automation Hot acted: TemperatureSensor" in post.data["subject"]
    assert row.firings.get().outcome == "Done"


def test_what_a_campaign_or_a_host_tells_goes_where_routes_say(
    station: Any, target: NotificationTarget, route: Route
) -> None:
    route(kinds=[Kind.CAMPAIGN])
    told = notify_about(Kind.CAMPAIGN, station, what={"name": "Nightly logs"})
    assert notify_about(Kind.CAMPAIGN, station, what={"name": "Nightly logs"}) == told
    assert compose(Delivery.objects.get()).subject == "Campaign Nightly logs is over"


def test_a_station_away_is_told_to_those_whose_hours_it_is() -> None:
    night = NotificationRoute(
        from_time=time(22), to_time=time(6), weekdays=[4], time_zone="Europe/Amsterdam"
    )
    friday = datetime(2026, 1, 2, tzinfo=UTC)
    hours = {21.5: True, 20.5: False, 28.5: True, 29.5: False, 4.5: False}
    assert {hour: in_hours(night, friday + timedelta(hours=hour)) for hour in hours} == hours
    day = NotificationRoute(from_time=time(8), to_time=time(17), time_zone="UTC")
    assert in_hours(day, friday + timedelta(hours=8))
    assert not in_hours(day, friday + timedelta(hours=17))
    assert in_hours(NotificationRoute(), friday)
    at = next_at(time(7), UTC, friday + timedelta(hours=7))
    assert at == friday + timedelta(hours=31)


def test_waits_grow_and_end_at_an_hour() -> None:
    waits = [next_wait(failures).total_seconds() for failures in (1, 2, 3, 5, 6, 60)]
    assert waits == [10, 20, 40, 160, 3600, 3600]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("ftp://example.com/", Problem.BAD_ADDRESS),
        ("file:///etc/passwd", Problem.BAD_ADDRESS),
        ("http://", Problem.BAD_ADDRESS),
        ("http://127.0.0.1:1/", Problem.NOT_ALLOWED),
        ("http://localhost:1/", Problem.NOT_ALLOWED),
        ("http://169.254.169.254/latest/meta-data/", Problem.NOT_ALLOWED),
        ("http://[::ffff:10.0.0.1]/", Problem.NOT_ALLOWED),
        ("http://0.0.0.0/", Problem.NOT_ALLOWED),
        ("http://does-not-exist.invalid/", Problem.UNKNOWN_HOST),
    ],
)
def test_a_site_may_send_to_the_open_internet_only(address: str, problem: Problem) -> None:
    assert refused_to_send("Webhook", address) == problem


@pytest.mark.parametrize(
    "address",
    [
        "mailto://1.1.1.1:{port}?from=a@x.org&to=b@x.org&smtp=127.0.0.1&mode=insecure",
        "mailto://1.1.1.1:{port}?from=a@x.org&to=b@x.org&smtp=localhost&mode=insecure",
        "fcm://project/device?mode=oauth2&keyfile=http://127.0.0.1:{port}/key.json",
    ],
)
def test_what_stands_behind_the_address_of_a_chat_leads_to_no_other_place(
    address: str, post: MailReceiver
) -> None:
    problem = refused_to_send("Service", address.format(port=post.port))
    assert (problem, post.greeted) == (Problem.NOT_ALLOWED, 0)


def refused_to_send(kind: str, address: str) -> str:
    """Why a site that sends to the open internet only does not send there."""
    row = NotificationTarget(kind=kind, address=address)
    private = {"NOTIFY_PRIVATE_ADDRESSES": False}
    with (
        override_settings(DIAGNOSTICS={**current_settings._given(), **private}),
        pytest.raises(SendFailed) as failed,
    ):
        send(row, Message("1", "s", "t", timezone.now()))
    return failed.value.answer


def test_secrets_are_never_logged(
    target: NotificationTarget, hook: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.answers = [500]
    target.address = hook.address.replace("/hook", "/hook?token=s3cret")
    target.save()
    notifications.test_target(target)
    deliver(target)
    service = NotificationTarget(kind="Service", address="json://s3cret@127.0.0.1/")
    with pytest.raises(SendFailed):
        send(service, Message("1", "s", "t", timezone.now()))
    assert len(hook.posts) == 1
    for secret in ("s3cret", target.secret):
        assert secret not in caplog.text
    assert target.shown_address == "http://127.0.0.1/…"


def test_a_chat_is_told_through_apprise(db: None, post: MailReceiver) -> None:
    """A mail server stands for the service: Apprise has a hundred, and this one is here."""
    row = NotificationTarget.objects.create(
        name="Chat", kind="Service",
        address=f"mailto://127.0.0.1:{post.port}?from=a@example.com&to=b@example.com&mode=insecure",
    )  # fmt: skip
    notifications.test_target(row)
    deliver(row)
    assert Delivery.objects.get().state == "Delivered"
    assert "It works" in str(post.mails[0])
