"""Workbooks that were filled in honestly: whatever people and their programs do to a
workbook besides, no alarm is raised, every decision counts as it was made, and the
facts in it are those that were written."""

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import honest
import hostile
import reviews
from honest import EDITS
from reviews import SIGNED_BY, SIGNED_ON, TAKEN, Answer, Book, Desk, Review

# How a workbook was saved: by openpyxl with edits (P), filled in place by a program that
# keeps the rest (K) and adds parts of its own (X), by LibreOffice (L), by ExcelJS (E), by openpyxl
# again (p).
CHAINS = ("P", "PL", "K", "KL", "KX", "PLE", "PLp", "KXL", "KE", "KLE", "PLpL", "KXEL")
TIMES = 17
# What moves things comes behind what is done to them.
LAST = (
    "answers_spread_over_both_sheets",
    "shuffled",
    "sorted_by_a_column",
    "outlines",
    "blank_rows_and_columns",
    "columns_in_another_order",
    "formatted_as_a_table",
)
CASES = [(chain, number) for number in range(TIMES) for chain in CHAINS]


@dataclass
class Returned:
    """A workbook on its way back."""

    review: Review
    original: Path
    given: dict[str, Answer]
    edits: list[str]
    file: Path


@dataclass(frozen=True)
class Post:
    """Everything that comes back."""

    returned: dict[tuple[str, int], Returned]
    desks: dict[str, Desk]


def name(case: tuple[str, int]) -> str:
    """A case as the name of a file."""
    return f"{case[0]}-{case[1]}"


def begun(review: Review, original: Path, case: tuple[str, int], place: Path) -> Returned:
    """What a reviewer does with the program that opens the workbook first."""
    chain, _ = case
    chance = random.Random(name(case))
    book = Book(original)
    given = reviews.answers(book, chance, chance.choice([1.0, 1.0, 0.5, 0.0]))
    file = place / f"{name(case)}.xlsx"
    if chain.startswith("K"):
        parts = reviews.parts(original)
        rows = {t.title: {t.item(r): r for r in t.rows} for t in book.tables()}
        columns = next(book.tables()).columns
        signature = {label: book.label(label).row for label in (SIGNED_BY, SIGNED_ON)}
        honest.filled_in_place(parts, given, rows, columns, signature)
        edits = []
    else:
        reviews.fill(book, given)
        # ExcelJS does not read the tables that LibreOffice writes.
        known = sorted(EDITS.keys() - ({"formatted_as_a_table"} if "E" in chain else set()))
        edits = sorted(
            chance.sample(known, chance.randint(0, 6)),
            key=lambda e: LAST.index(e) if e in LAST else -1,
        )
        for edit in edits:
            EDITS[edit](book, chance, given)
        parts = reviews.parts(book.save(file))
    if "X" in chain:
        honest.as_excel_leaves(parts)
    reviews.pack(parts, file)
    return Returned(review, original, given, edits, file)


def fits(file: Path) -> bool:
    """Whether a workbook has rows enough to play with, and not so many that it takes long."""
    rows = [len(table.rows) for table in Book(file).tables()]
    return min(rows) >= 4 and max(rows) < 60


# Graph gives the first where there is none; Excel counts from 1900, which it takes for a leap year.
EDGES = (
    "0001-01-01T00:00:00Z",
    "1899-12-31T12:00:00Z",
    "1900-01-15T06:00:00Z",
    "1900-02-28T23:59:59Z",
    "1900-03-01T00:00:00Z",
    "1904-01-01T00:00:00Z",
    "2026-02-28T23:59:59.9999999Z",
    "2026-11-22T07:59:59.500Z",
    "9999-12-31T23:59:59Z",
)


def spoilt(organisation: Path, place: Path) -> None:
    """Names that programs stumble over, and moments that a spreadsheet cannot tell."""
    hostile.Hostility(5, lose=0, repeat=0, rename=0.3, empty=0).spoil(organisation, place)
    exports = hostile.load(place / "exports")
    (users,) = (documents for file, documents in exports.items() if file.name == "users.json")
    people = [user for document in users for user in document["value"]]
    for number, user in enumerate(people):
        user["signInActivity"]["lastSuccessfulSignInDateTime"] = EDGES[number % len(EDGES)]
    hostile.save(exports)


def strange(place: Path) -> Review:
    """A review of an organisation that is spoilt so."""
    pair = reviews.organisation(place / "strange", 5, spoilt)
    return reviews.opened(pair, place / "strange-review", pair.now)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Post:
    """All of it, with as few starts of LibreOffice as there are saves in a chain."""
    place = tmp_path_factory.mktemp("honest")
    usual = reviews.organisation(place / "usual", 4)
    open_reviews = [
        reviews.opened(usual, place / "review", usual.now),
        strange(place),
    ]
    choice = random.Random(0)
    returned = {}
    (place / "first").mkdir()
    sized = {r.out: [f for f in r.files if fits(f)] for r in open_reviews}
    for case in CASES:
        review = open_reviews[case[1] % 2]
        original = review.everything if case[1] == 0 else choice.choice(sized[review.out])
        returned[case] = begun(review, original, case, place / "first")
    left = {case: case[0].lstrip("PKX") for case in CASES}
    turn = 0
    while any(left.values()):
        turn += 1
        out = place / f"turn{turn}"
        out.mkdir()
        now = {letter: [returned[c].file for c in CASES if left[c].startswith(letter)] for letter in "LEp"}
        if now["L"]:
            honest.by_libreoffice(now["L"], out, place / "profile")
        if now["E"]:
            honest.by_exceljs(now["E"], out)
        for file in now["p"]:
            Book(file).save(out / file.name)
        for case in (c for c in CASES if left[c]):
            returned[case].file = out / returned[case].file.name
            left[case] = left[case][1:]
    desks = {r.id + str(r.out): Desk(r, place / f"desk{n}") for n, r in enumerate(open_reviews)}
    return Post(returned, desks)


def test_no_row_is_written_twice(post: Post) -> None:
    """Some programs keep the first of them, some the second, and some offer to repair the file."""
    for original in sorted({r.original for r in post.returned.values()}):
        for name, content in reviews.parts(original).items():
            rows = re.findall(rb'<row r="(\d+)"', content)
            assert len(rows) == len(set(rows)), (original, name, [r for r in rows if rows.count(r) > 1])


def test_there_are_enough() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=name)
def test_honest(post: Post, case: tuple[str, int]) -> None:
    returned = post.returned[case]
    desk = post.desks[returned.review.id + str(returned.review.out)]
    received = desk.receive(returned.file)
    told = f"{returned.original.name}, {returned.edits}"
    assert received.file["outcome"] == "read", f"{told}: {received.file}"
    assert received.file["problems"] == [], f"{told}: {received.file['problems'][:5]}"
    assert received.code == TAKEN
    decided = {i: reviews.said(r) for i, r in desk.decided().items()}
    expected = {i: reviews.as_said(a) for i, a in returned.given.items()}
    assert decided.keys() == expected.keys(), told
    for item, answer in expected.items():
        assert meant(decided[item]) == answer, told
    assert received.file["taken"] == len(expected)
    assert received.file["blank"] == received.file["rows"] - len(expected)


def meant(answer: tuple[str, ...]) -> tuple[str, ...]:
    """An answer out of a table, where an apostrophe keeps a text from being a formula."""
    return tuple(t[1:] if t[:1] == "'" and t[1:2] in "=+-@\t\r" else t for t in answer)


def test_facts_come_back_equal(post: Post) -> None:
    """In the eyes of openpyxl, which knows nothing of reviews."""
    checked = 0
    for case, returned in post.returned.items():
        if case[1] % 2 or not {"L", "E"} & set(case[0]):
            continue
        first, last = Book(returned.original), Book(returned.file)
        moved = {"blank_rows_and_columns", "columns_in_another_order"} & set(returned.edits)
        for table in () if moved else ("Privileged", "Everything"):
            facts: list[dict[str, dict[str, Any]]] = [b.table(table).facts() for b in (first, last)]
            assert _told(facts[0]) == _told(facts[1]), name(case)
            checked += 1
    assert checked > 50


def _told(facts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Facts without those that are shown as numbers now: their format was changed."""
    changed = ("Since", "Last use", "CreatedDateTime")
    return {i: {n: v for n, v in row.items() if n not in changed} for i, row in facts.items()}
