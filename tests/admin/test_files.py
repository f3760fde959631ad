"""Reading and downloading what stations brought, whatever they put in."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client

from diagnostics.models import FileAccess, LogRequest
from diagnostics.services import files
from diagnostics.storage import get_log_store
from tests.admin.conftest import HOSTILE, Arrive, page_of, read_of, text_of

MIB = 1024 * 1024


def test_a_small_file_is_shown_whole_with_numbered_links(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"first\r\nWARN second\nERROR third\n")
    page = root.get(read_of(file)).content.decode()
    assert '<li id="L1"><a href="#L1">1</a><b></b><code>first</code></li>' in page
    assert 'id="L2" class="dx-warn"' in page
    assert 'id="L3" class="dx-bad"' in page
    assert 'id="L4"' not in page


def test_nothing_of_a_file_is_markup(root: Client, row: LogRequest, arrive: Arrive) -> None:
    file = arrive(row, f"<script>alert(1)</script> {HOSTILE} \x1b[31m".encode(), name=HOSTILE)
    for address in (read_of(file), page_of(row), "/admin/diagnostics/logrequest/"):
        page = root.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "␛[31m" in root.get(read_of(file)).content.decode()


def test_a_large_file_is_cut_in_the_middle(root: Client, row: LogRequest, arrive: Arrive) -> None:
    lines = b"".join(b"%019d\n" % number for number in range(200_000))
    text = text_of(root.get(read_of(arrive(row, lines))))
    assert f"{0:019d}" in text and f"{199_999:019d}" in text
    assert f"{100_000:019d}" not in text
    assert "are left out here: download the file" in text
    assert " -1 " in text  # the last line, counted from the end


def test_undecodable_bytes_are_replaced_and_binary_is_said_in_words(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    assert "temp 21�C" in text_of(root.get(read_of(arrive(row, b"temp 21\xb0C"))))
    assert "not text but binary" in text_of(root.get(read_of(arrive(row, bytes(range(256))))))
    assert "The file is empty" in text_of(root.get(read_of(arrive(row, b""))))
    utf16 = arrive(row, "Spannung 230 V".encode("utf-16"))
    assert "Spannung 230 V" in text_of(root.get(read_of(utf16)))


def packed_zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def packed_tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


MEMBERS = {"log/<b>one</b>.log": b"alpha\n", "two.log.gz": gzip.compress(b"beta\n")}


@pytest.mark.parametrize("pack", [packed_zip, packed_tar])
def test_members_of_an_archive_are_listed_and_read(
    root: Client, row: LogRequest, arrive: Arrive, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    file = arrive(row, pack(MEMBERS))
    listed = root.get(read_of(file)).content.decode()
    assert "log/&lt;b&gt;one&lt;/b&gt;.log" in listed
    assert "2 files in this archive" in listed
    assert "alpha" in text_of(root.get(read_of(file), {"member": 0}))
    assert "beta" in text_of(root.get(read_of(file), {"member": 1}))
    assert "no such file" in text_of(root.get(read_of(file), {"member": 7}))


@pytest.mark.parametrize("pack", [packed_zip, packed_tar])
def test_the_only_member_is_opened_at_once(
    root: Client, row: LogRequest, arrive: Arrive, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    text = text_of(root.get(read_of(arrive(row, pack({"only.log": b"gamma\n"})))))
    assert "only.log" in text and "gamma" in text


def test_gzip_is_unpacked_and_a_cut_one_shown_as_far_as_it_goes(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(10_000))
    packed = gzip.compress(lines)
    assert "line 9999" in text_of(root.get(read_of(arrive(row, packed))))
    text = text_of(root.get(read_of(arrive(row, packed[: len(packed) // 2]))))
    assert "line 1 " in text and "ends too early" in text


def test_a_broken_archive_is_said_in_words(root: Client, row: LogRequest, arrive: Arrive) -> None:
    broken = packed_zip(MEMBERS)[:-10]
    assert "zip file is damaged" in text_of(root.get(read_of(arrive(row, broken))))


@pytest.mark.parametrize("pack", [gzip.compress, lambda zeros: packed_zip({"a": zeros})])
def test_a_bomb_costs_little_memory_and_is_said_to_be_cut(
    row: LogRequest, arrive: Arrive, pack: Callable[[bytes], bytes]
) -> None:
    file = arrive(row, pack(b"0" * (files.MOST_UNPACKED + 10 * MIB)))
    tracemalloc.start()
    reading = files.read_file(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert reading.excerpt is not None
    assert len(reading.excerpt.head) == files.WINDOW
    assert "Only the first 64 MiB" in reading.excerpt.problem


def test_a_download_is_an_attachment_with_the_stations_name(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    content = b"0123456789" * 300_000
    response = root.get(read_of(arrive(row, content, name='a"b.log'), "download/"))
    assert isinstance(response, StreamingHttpResponse)
    assert b"".join(response) == content  # type: ignore[arg-type]
    assert response["Content-Disposition"] == 'attachment; filename="a\\"b.log"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == str(len(content))
    assert FileAccess.objects.filter(kind="Download").count() == 1


@pytest.mark.django_db(transaction=True)
async def test_a_download_streams_under_asgi_too(
    admin_user: object, row: LogRequest, arrive: Arrive
) -> None:
    client = AsyncClient()
    await client.aforce_login(admin_user)  # type: ignore[arg-type]
    file = await sync_to_async(arrive)(row, b"0123456789" * 300_000)
    response = await client.get(read_of(file, "download/"))
    assert response.is_async
    pieces = [piece async for piece in response.streaming_content]
    assert b"".join(pieces) == b"0123456789" * 300_000
    assert len(pieces) > 1


def test_a_file_that_is_gone_from_the_store_is_a_sentence(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"line")
    get_log_store().delete(file.key)
    assert "cannot be fetched now" in text_of(root.get(read_of(file)))
    assert "cannot be fetched now" in text_of(root.get(read_of(file, "download/"), follow=True))


def test_a_file_is_found_only_under_its_own_request(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"line")
    assert root.get(f"/admin/diagnostics/logrequest/999/files/{file.pk}/").status_code == 404
