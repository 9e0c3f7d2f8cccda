"""Are two regular expressions compared rightly? Python's engine and greenery's automata are the judges."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from greenery import parse
from hypothesis import given
from hypothesis import strategies as st

from schemagate.compat.json_schema.data.backtracking import ways
from schemagate.compat.json_schema.data.budget import Spent
from schemagate.compat.json_schema.data.patterns import NotPortableError, find_string, language, matches

ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", "c", "(a|bc)", "(ab)"])
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{1,}"])
BODIES = st.lists(st.tuples(ATOMS, REPEATS).map("".join), min_size=1, max_size=3).map("".join)
TEXTS = st.text("abc", max_size=6)


@given(BODIES, st.sampled_from(["", "^"]), st.sampled_from(["", "$"]), TEXTS)
def test_a_text_matches_as_in_python(body: str, start: str, end: str, text: str) -> None:
    pattern = start + body + end
    assert matches(pattern, text) == (re.search(pattern, text) is not None)


@given(BODIES, BODIES)
def test_inclusion_is_what_automata_say(writer: str, reader: str) -> None:
    found = find_string([f"^{writer}$"], [f"^{reader}$"])
    assert (found is None) == parse(writer).difference(parse(reader)).empty()
    if found is not None:
        assert re.fullmatch(writer, found)
        assert not re.fullmatch(reader, found)


@given(BODIES, st.integers(0, 4), st.integers(0, 4))
def test_lengths_are_respected(body: str, least: int, most: int) -> None:
    found = find_string([f"^{body}$"], least=least, most=most)
    if found is not None:
        assert least <= len(found) <= most
        assert re.fullmatch(body, found)


@pytest.mark.parametrize(
    ("writer", "reader", "example"),
    [
        ("^[A-Z]{3}$", "^[A-Z]{2,4}$", None),
        ("^[A-Z]{2,5}$", "^[A-Z]{2,4}$", "AAAAA"),
        ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "^[0-9a-f-]{36}$", None),
        ("a", "b", "a"),
        ("^a|b$", "a|b", None),
        (r"^\d{4}$", r"^\d+$", None),
        (r"^[\w.-]+@[a-z]+$", "@", None),
        ("^\\/a\\.b$", "^/a[.]b$", None),
        ("\\u0041", "A", None),
        ("^$", "^a?$", None),
    ],
)
def test_patterns_that_people_write(writer: str, reader: str, example: str | None) -> None:
    assert find_string([writer], [reader]) == example


@pytest.mark.parametrize(
    "pattern", ["(?=a)", r"\bx", r"\p{L}", "(?i)a", "a^b", "(^a)", "a$b", "[]", "a{2", "x++", "[[a]", "("]
)
def test_what_is_not_portable_is_refused(pattern: str) -> None:
    with pytest.raises(NotPortableError):
        language(pattern)


def test_dialects_that_differ_are_no_proof() -> None:
    with pytest.raises(NotPortableError):
        find_string([r"^\d$"], ["^[0-9]$"])
    assert find_string(["^[0-9]$"], [r"^\d$"]) is None


def test_too_much_work_is_refused() -> None:
    for pattern in ("a{1000}b{1000}", "((((((a{9}){9}){9}){9}){9}){9})"):
        with pytest.raises(NotPortableError):
            language(pattern)
    with pytest.raises(Spent):
        find_string(["a.{12}$"], ["a.{13}$"])


MUCH = 1_000_000


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 30 + "b"),
        ("(a|aa)+$", "a" * 40 + "b"),
        ("(a|a){30}b", "a" * 30),
        ("^(?:(?:a?){30}a{30})$", "a" * 30),
        ("^(?:(?:a?){30}a{30})$", "a" * 16),
        ("(?:|){30}b", ""),
        ("^(a?b?)*$", "ab"),
        ("(a*)*b", "a"),
        ("x*" * 40, "x" * 30),
        ("[a-z]+$", "a" * 5_000 + "1"),
        (r"^(?=.*\d)(?:[a-z]+-?)*$", "a" * 30),
        (r"(\w+\s?)+$", "é" * 30 + "!"),
        ("(?:a{1000}){3}" + "(?:b+)+$", "b" * 30),
    ],
)
def test_what_takes_python_long_is_known(pattern: str, text: str) -> None:
    assert ways(pattern, text) > MUCH


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^[a-z]+(-[a-z]+)*$", "some-name-of-a-thing-in-a-shop"),
        (r"^[\w.-]+@[a-z]+(\.[a-z]+)+$", "a.customer@mail.example.com"),
        ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "a" * 36),
        (r"^(?=.*\d)(?=.*[a-z]).{8,}$", "a" * 16),
        ("^.{1,255}$", "a" * 256),
        ("^(" + "|".join(f"{number:03}" for number in range(300)) + ")$", "299"),
        ("^(a+)+$", "aab"),
        (r"\p{Lu}[(+*]", "text"),
    ],
)
def test_what_people_write_is_soon_known(pattern: str, text: str) -> None:
    assert ways(pattern, text) < MUCH


@given(st.text("ab()|?*+", max_size=7), st.text("ab", max_size=6))
def test_ways_are_no_fewer_than_there_are(pattern: str, text: str) -> None:
    """The judge goes all ways itself: every parse of every part of the text, by the pattern's own tree."""
    try:
        language(pattern)
    except NotPortableError:
        return
    found = ways(f"^(?:{pattern})$", text)
    assert found >= 1
    assert found >= parses(pattern, text)


def parses(pattern: str, text: str) -> int:
    """In how many ways a pattern of letters, groups, bars and repeats matches a whole text, without empty rounds."""

    def alternatives(at: int, ends: Counter[int]) -> tuple[int, Counter[int]]:
        total: Counter[int] = Counter()
        while True:
            at, reached = sequence(at, ends)
            total.update(reached)
            if pattern[at : at + 1] != "|":
                return at, total
            at += 1

    def sequence(at: int, ends: Counter[int]) -> tuple[int, Counter[int]]:
        while at < len(pattern) and pattern[at] not in "|)":
            start = at
            at, once = atom(start, ends)
            sign = pattern[at : at + 1]
            if sign and sign in "?*+":
                at += 1 + (pattern[at + 1 : at + 2] == "?")
                ends = repeated(start, ends, once, sign)
            else:
                ends = once
        return at, ends

    def repeated(start: int, ends: Counter[int], once: Counter[int], sign: str) -> Counter[int]:
        total = Counter(once) if sign == "+" else ends + once
        while sign != "?" and (once := atom(start, once)[1]) and min(once) < len(text):
            total.update(once)
            if sum(total.values()) > 10_000:
                break
        return total

    def atom(at: int, ends: Counter[int]) -> tuple[int, Counter[int]]:
        if pattern[at] == "(":
            after, reached = alternatives(at + 1, ends)
            return after + 1, reached
        return at + 1, Counter({end + 1: count for end, count in ends.items() if text[end : end + 1] == pattern[at]})

    return alternatives(0, Counter({0: 1}))[1][len(text)]
