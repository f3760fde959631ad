"""What each address gives to staff who may only look, and to staff who may nothing."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.access.addresses import of_rows
from tests.access.test_walk import MINE, Target, ask, body_about, pages_about
from tests.access.world import APPS, build


def test_who_may_look_sees_every_page_and_changes_nothing_and_others_see_none(db: None) -> None:
    views = Permission.objects.filter(
        content_type__app_label__in=APPS, codename__startswith="view_"
    )
    target = Target.of(build(MINE))
    looking, nobody = _staff("looking", *views), _staff("nobody")
    broken, changed, leaked = [], [], []
    for address in of_rows():
        url = address.at(target.keys) if address.blanks else pages_about(address, target)[0]
        for method in ("get", "post"):
            outcome = ask(looking, method, url, body_about(target))
            broken += [f"{method} {url}: {outcome}"] if outcome.status >= 500 else []
            changed += [f"{method} {url}: {outcome}"] if outcome.writes else []
        outcome = ask(nobody, "get", url)
        if address.name != "index" and outcome.status not in (403, 404, 405):
            leaked.append(f"{url}: {outcome}")
        assert MINE not in outcome.body, url
    assert (broken, changed, leaked) == ([], [], [])


def _staff(name: str, *permissions: Permission) -> Client:
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.user_permissions.set(permissions)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client
