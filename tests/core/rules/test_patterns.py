"""Regular expressions: the same answers as a backtracking engine, without its explosions."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.rules import RuleError, evaluate
from motcua.rules.pattern_reader import compile_pattern
from motcua.rules.patterns import PatternError, replace


def _free(_: int) -> None:
    """Take no steps."""


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "expected"),
    [
        ("Phường Hạ Long", r"\s+", "_", "Phường_Hạ_Long"),
        ("aXbXc", "X", r"\$", "a$b$c"),
        ("bbb", "b+?", "c", "ccc"),
        ("2026-11-22", r"(\d+)-(\d+)-(\d+)", "$3/$2/$1", "22/11/2026"),
        ("Đường 79", r"\p{L}+", "x", "x 79"),
        ("Đường 79", r"[\p{L}-[a-zơư]]", "_", "_ư_ng 79"),
        ("a.b", r"[^\w.]|\.", "!", "a!b"),
        ("abcabc", "(?:ab|a)(c|bc)", "<$1>", "<c><c>"),
        ("x1y", r"\D(\d{1,2})", "$1$2", "1y"),
        ("tab\tend", r"\t", " ", "tab end"),
        ("anh anh em", r"(\w+) \1", "<$1>", "<anh> em"),
        ("aa1", r"(a)\11", "x", "x"),
        ("abc", "(b)", "$10", "ab0c"),
        ("abcdefghijk", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", "$11$1", "ka"),
    ],
)
def test_a_text_is_replaced(text: str, pattern: str, replacement: str, expected: str) -> None:
    assert replace(text, compile_pattern(pattern), replacement, 1000, _free) == expected


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[", "[]", "a**", "*", "a{2,1}", "a{99999}", r"\1", r"(a\1)", r"(a)[\1]", r"\2(a)(b)", "(?=a)", r"\p{X}",
     "[b-a]", "a{", "(" * 99, "((a{999}){999}){9}", "[a[b]]", "\\"],
)  # fmt: skip
def test_a_wrong_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_flags_change_the_meaning() -> None:
    def search(pattern: str, text: str, flags: str) -> bool:
        return compile_pattern(pattern, flags).search(text, 0, _free) is not None

    assert search("a.b", "a\nb", "s")
    assert not search("a.b", "a\nb", "")
    assert search("^b$", "a\nb", "m")
    assert not search("^b$", "a\nb", "")
    assert search("ĐƯỜNG", "đường", "i")
    assert search("a b c", "abc", "x")
    assert search(r"xin\ schào", "xin chào", "x")
    assert search("xin[ ]chào", "xin chào", "x")
    assert not search("[^Q]", "q", "i")
    assert search("[^Q]", "p", "i")
    assert search("[A-Z-[OI]]", "x", "i")
    assert not search("[A-Z-[OI]]", "o", "i")
    assert not search(r"\P{Lu}", "H", "i")
    assert search(r"(đ)\1", "đĐ", "i")
    assert not search(r"(đ)\1", "đĐ", "")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 5000 + "b"),
        ("^(a|a)*$", "a" * 5000 + "b"),
        ("(a*)*b", "a" * 5000),
        (".*.*.*.*.*x", "a" * 3000),
        ("((((a?){30}){30}))b", "a" * 900),
        ("(((){1000}){1000}){1000}", "a"),
        (r"^(a+)+\1b$", "a" * 5000),
    ],
)
def test_no_pattern_explodes(pattern: str, text: str) -> None:
    begun = time.perf_counter()
    with suppress(RuleError):
        evaluate("matches(t, p)", {"t": text, "p": pattern})
    assert time.perf_counter() - begun < 3


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a|b)", "(?:ab)", "(a)", "$", "^", r"\w"])
PIECES = st.tuples(ATOMS, st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "??", "{1,2}"])).map(
    lambda p: p[0] if p[0] in "^$" else "".join(p)
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=5).map("".join), st.text(alphabet="abc", max_size=8))
def test_it_finds_what_a_backtracking_engine_finds(pattern: str, text: str) -> None:
    expected = re.compile(pattern.replace("$", r"\Z"), re.ASCII).search(text)
    found = compile_pattern(pattern).search(text, 0, _free)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found[0], found[1]) == expected.span()
