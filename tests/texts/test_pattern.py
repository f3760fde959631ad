"""What cannot be looked for is refused in a sentence that says what is wrong and where."""

from __future__ import annotations

import pytest

from diagnostics.texts.pattern import Pattern
from diagnostics.texts.query import LONGEST_PATTERN, PatternRefused, Query


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("ab(c", "At character 3: A round bracket is opened and never closed."),
        (r"a\(b(c)d)e", "At character 9: A round bracket is closed that was never opened."),
        ("[()](", "At character 5: A round bracket is opened and never closed."),
        ("ab[cd", "At character 3: A square bracket is opened and never closed."),
        ("a[z-a]", "At character 3: There is no such range or class of characters."),
        (r"a\p{Elvish}", "At character 2: There is no such range or class of characters."),
        ("*a", "At character 1: There is nothing to repeat before this."),
        ("ab++", "At character 3: What is repeated cannot be repeated once more."),
        ("ab{2000}", "At character 3: A repetition goes up to 1,000 in all, from less."),
        ("ab\\", "At character 3: A backslash at the end stands for nothing."),
        (r"ab\y", "At character 3: A backslash before this means nothing here."),
        (
            r"(a)b\1",
            "At character 5: References back to a group are not known here: they could take for "
            "ever.",
        ),
        (
            "a(?=b)",
            "At character 2: Looking ahead or behind is not known here: it could take for ever.",
        ),
        (
            "(?<!a)b",
            "At character 1: Looking ahead or behind is not known here: it could take for ever.",
        ),
        ("a(?>b)", "At character 2: This kind of group is not known here."),
        (r"\pL{900}", "This expression is too large: shorten its repetitions or its classes."),
        (
            r"(\pL|a{900}){901}",
            "At character 13: A repetition goes up to 1,000 in all, from less.",
        ),
        ("\ud800", "This holds half a character, which no text has."),
        ("a" * (LONGEST_PATTERN + 1), "What is looked for may have 1000 characters."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(expression: str, sentence: str) -> None:
    with pytest.raises(PatternRefused) as refusal:
        Pattern(Query(expression, regex=True))
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("text", "case", "line", "spans"),
    [
        ("a.(b\\", False, "xa.(b\\ azzb", [(1, 6)]),
        ("a.(b\\", True, "xa.(b\\ A.(b\\a.(b\\", [(1, 6), (12, 17)]),
        ("STRASSE", False, "in der Straße", [(7, 14)]),
        ("STRASSE", True, "in der Straße", []),
        ("ǅ", False, "ǆ Ǆ", [(0, 2), (3, 5)]),
        ("aa", True, "aaaaa", [(0, 2), (2, 4)]),
    ],
)
def test_a_plain_text_means_itself(
    text: str, case: bool, line: str, spans: list[tuple[int, int]]
) -> None:
    data = line.encode()
    pattern = Pattern(Query(text, case=case))
    assert list(pattern.lines(data, 0, len(data))) == [spans] * bool(spans)
    assert pattern.count(data, 0, len(data)) == ((1, spans[0][0]) if spans else (0, -1))


@pytest.mark.parametrize("case", [False, True])
@pytest.mark.parametrize("regex", [False, True])
def test_nothing_is_found_across_lines(regex: bool, case: bool) -> None:
    pattern = Pattern(Query("a\nb", regex, case))
    assert list(pattern.lines(b"a\nb\n", 0, 4)) == []
    assert pattern.count(b"a\nb\n", 0, 4) == (0, -1)


def test_what_is_looked_for_is_in_no_representation() -> None:
    assert "Jane Doe" not in repr(Query("Jane Doe"))


def test_nothing_is_written_about_a_pattern(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PatternRefused):
        Pattern(Query("Jane (Doe", regex=True))
    assert capfd.readouterr().err == ""
