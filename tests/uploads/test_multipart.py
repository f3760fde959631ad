"""The unwrapper against bodies by the book, bodies from the field, and bodies cut anywhere."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.uploads.multipart import find_parts, is_multipart, looks_multipart
from tests.uploads.bodies import LOG, form, openevse, zaptec

PIECES = [1, 2, 3, 7, 64, 1 << 20]


def found(body, content_type="", step=1 << 20):
    """The form in a body that is read in pieces of `step` bytes."""

    def read(start, end):
        for at in range(start, end, step):
            yield body[at : min(at + step, end)]

    return find_parts(read, len(body), content_type)


def file_in(body, content_type="", step=1 << 20):
    part = found(body, content_type, step).file_part()
    return None if part is None else body[part.start : part.end]


@pytest.mark.parametrize("step", PIECES)
def test_a_form_by_the_book_gives_its_file(step):
    content_type, body = form()
    assert file_in(body, content_type, step) == LOG
    assert found(body, content_type, step).conforming


@pytest.mark.parametrize("step", PIECES)
def test_a_boundary_without_its_two_dashes_gives_its_file(step):
    content_type, body = openevse()
    assert file_in(body, content_type, step) == b'{"diagnostics": []}'
    assert not found(body, content_type, step).conforming


@pytest.mark.parametrize("step", PIECES)
def test_a_padded_boundary_and_a_part_without_name_give_their_file(step):
    content_type, body = zaptec()
    assert file_in(body, content_type, step) == LOG
    assert not found(body, content_type, step).conforming


def test_a_body_delimited_with_the_padding_of_its_boundary_gives_its_file():
    _, body = form(boundary=b"   abc")
    assert file_in(body, 'multipart/form-data; boundary="   abc"') == LOG


def test_the_body_is_believed_more_than_the_header():
    _, body = form()
    assert file_in(body, "multipart/form-data; boundary=another") == LOG
    assert file_in(body, "multipart/form-data") == LOG
    assert file_in(body) == LOG


boundaries = st.from_regex(rb"[A-Za-z0-9'()+_,./:=?-]{1,70}", fullmatch=True)


@st.composite
def troublesome(draw):
    """A boundary, and content made of line breaks, almost-delimiters and anything else."""
    boundary = draw(boundaries)
    delimiter = b"--" + boundary
    crumbs = st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"\r\n",
                b"\n",
                b"\r",
                b"--",
                delimiter,
                delimiter[:-1],
                b"\r\n" + delimiter[:-1],
                b"\r\n" + delimiter + b"x",
                b"\r\n" + delimiter + b"--x\r\n",
                b"\r\n" + delimiter + b"-\r\n",
                b"\n" + delimiter + b"\n",
                b"\n" + delimiter + b"--\n",
                b"\r\n\r\n",
            ]
        ),
    )
    return boundary, b"".join(draw(st.lists(crumbs, max_size=12)))


def has_delimiter_line(content, boundary):
    """Whether the content itself has a line that is a delimiter: then nobody can tell them apart.

    Its first line counts, since the blank line before it ends in a line break, too.
    """
    line = rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)"
    return re.search(line, content) is not None


@settings(max_examples=300)
@given(troublesome(), st.integers(min_value=1, max_value=90))
def test_any_content_comes_out_as_it_went_in(case, step):
    boundary, content = case
    if has_delimiter_line(content, boundary):
        return
    content_type, body = form(content, boundary=boundary)
    assert file_in(body, f'multipart/form-data; boundary="{boundary.decode()}"', step) == content
    assert file_in(body, step=step) == content


@given(troublesome(), st.integers(min_value=0), st.integers(min_value=1, max_value=90))
def test_a_body_cut_anywhere_gives_the_beginning_of_its_file(case, cut, step):
    boundary, content = case
    if has_delimiter_line(content, boundary) or b"--" + boundary in content:
        return
    _, body = form(content, boundary=boundary)
    start = body.index(b"\r\n\r\n") + 4
    cut = start + cut % (len(body) - start + 1)
    cut_out = file_in(body[:cut], step=step)
    assert cut_out is None or body[start:cut].startswith(cut_out)
    assert cut > start + len(content) or cut_out in (body[start:cut], None)


@given(st.binary(max_size=300), st.text(max_size=60), st.integers(min_value=1, max_value=90))
def test_no_body_upsets_the_parser(body, content_type, step):
    for text in (body, b"--x\r\n" + body, b"--x\r\nContent-Disposition:" + body):
        form_found = found(text, "multipart/form-data; boundary=x" + content_type, step)
        for part in form_found.parts:
            assert 0 <= part.start <= part.end <= len(text)


def test_of_several_parts_the_one_with_a_file_name_is_the_file():
    _, field = form(b"CS001", disposition=b'form-data; name="station"')
    _, file = form(b"the log")
    body = field[: field.rindex(b"--d74496d66958873e--")] + file
    assert [part.name for part in found(body).parts] == ["station", "file"]
    assert file_in(body) == b"the log"


def test_without_any_file_name_the_first_part_with_content_is_the_file():
    _, empty = form(b"", disposition=b'form-data; name="a"')
    _, full = form(b"content", disposition=b'form-data; name="b"')
    assert file_in(empty[: empty.rindex(b"--d74496d66958873e--")] + full) == b"content"


def test_an_empty_file_is_a_file():
    content_type, body = form(b"")
    assert file_in(body, content_type) == b""


def test_an_empty_part_may_share_its_line_break_with_the_delimiter():
    body = b'--B\r\nContent-Disposition: form-data; filename="a"\r\n\r\n--B--\r\n'
    assert file_in(body) == b""


@pytest.mark.parametrize("closing", [b"\n--B--\n", b"--B--\r\n", b"\n--B--", b"\r\n--B", b""])
def test_a_sloppy_end_does_not_become_part_of_the_file(closing):
    body = b'--B\r\nContent-Disposition: form-data; filename="a"\r\n\r\nlog' + closing
    assert file_in(body) == b"log"


def test_bare_line_feeds_throughout_give_the_file_with_its_own_line_breaks():
    content_type, body = form(b"one\r\ntwo\r", newline=b"\n")
    assert file_in(body, content_type) == b"one\r\ntwo\r"


def test_a_preamble_before_the_declared_delimiter_is_skipped():
    content_type, body = form()
    assert file_in(b"This is a multi-part message.\r\n\r\n" + body, content_type) == LOG


def test_headers_without_any_delimiter_end_at_the_first_blank_line():
    body = b'Content-Disposition: form-data; name="f"; filename="x.log"\r\n\r\n' + LOG
    assert file_in(body, "multipart/form-data; boundary=B") == LOG


@pytest.mark.parametrize(
    "body", [b"", b"plain text", b"-- begin of log --\nline\n", b"--B--\r\n", b"--" * 200]
)
def test_what_is_no_form_gives_nothing(body):
    assert file_in(body, "multipart/form-data; boundary=B") is None


def test_part_names_are_read_in_every_spelling():
    spellings = {
        b"form-data; name=file; filename=plain.log": "plain.log",
        b'form-data; name="file"; filename="with ; and \\".log"': 'with ; and ".log',
        b"form-data; name=file; filename=\"x\"; filename*=UTF-8''%C3%BC.log": "\u00fc.log",
        'form-data; name=file; filename="\u00fc.log"'.encode(): "\u00fc.log",
        b"form-data; name=file": None,
    }
    for disposition, name in spellings.items():
        assert found(form(disposition=disposition)[1]).parts[0].filename == name


def test_a_log_that_begins_with_dashes_does_not_look_like_a_form():
    assert not looks_multipart(b"--- journal ---\r\nMar 02 08:00:00 station boot\r\n\r\n")
    assert not looks_multipart(b"--\nContent: x")
    for _, body in (form(), openevse(), zaptec()):
        assert looks_multipart(body)


def test_content_types_of_forms_are_known_in_any_case():
    assert is_multipart("Multipart/Form-Data; boundary=x")
    assert not is_multipart("text/plain; note=multipart/")


def test_a_form_of_very_many_parts_is_read_no_further_than_64():
    _, part = form(b"x", disposition=b'form-data; name="a"')
    body = part[: part.rindex(b"--d74496d66958873e--")] * 1000
    assert len(found(body).parts) == 64


@pytest.mark.parametrize("line", [b"x", b"--x" + b" " * 61, b"--x\r", b"\t"])
def test_a_body_without_any_line_break_costs_one_look(line):
    """A search that began anew at each byte held up the whole server for seconds."""
    begun = time.process_time()
    assert found(line * (65536 // len(line)), "multipart/form-data; boundary=x").parts == ()
    assert time.process_time() - begun < 0.5
