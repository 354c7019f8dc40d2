"""Returned workbooks that somebody tampered with: what was done is named, with sheet,
row and column, nothing else is, and no decision counts that it touched."""

import importlib
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import reviews
from engines import Pair
from reviews import ANSWERS, EVERYTHING, PRIVILEGED, PROBLEMS, REFUSED, TAKEN, Book, Desk, Review
from tampering import FACTS, KINDS, Case

for more in ("tampering_rows", "tampering_answers"):
    importlib.import_module(more)
CASES = [(kind, number) for kind, (_, times) in KINDS.items() for number in range(times)]


@dataclass(frozen=True)
class Stage:
    """A review that is open, one before it, and one of another organisation."""

    now: Review
    before: Review
    foreign: Review
    desk: Desk
    aliases: dict[str, set[str]]
    # Workbooks of owners that hold enough of everything to tamper with.
    usable: list[bytes]


def usable(file: Path) -> bool:
    """Whether a workbook has privileged rows, others, and some of both of several people."""
    book = Book(file)
    privileged, every = book.table(PRIVILEGED), book.table(EVERYTHING)
    people = {every.get(r, "Person") for r in every.rows}
    return len(privileged.rows) >= 4 and len(every.rows) >= len(privileged.rows) + 4 and len(people) >= 4


def aliases(pair: Pair) -> dict[str, set[str]]:
    """Other names of people by user name, worked out from Entra's records alone."""
    asked = "SELECT user_principal_name, mail, address_folded FROM entra_user WHERE deleted_at IS NULL ORDER BY user_id"
    known: dict[str, set[str]] = {}
    for row in pair.query(asked):
        names = {n for n in (row["user_principal_name"], row["mail"]) if n}
        names = {n for n in names if n.lower() != row["address_folded"]}
        if row["address_folded"] and names:
            known.setdefault(row["address_folded"], set()).update(names)
    return known


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Reviews of two organisations; the one that counts is the second of its own."""
    place = tmp_path_factory.mktemp("tampering")
    pair = reviews.organisation(place / "here", 1)
    there = reviews.organisation(place / "there", 2)
    before = reviews.opened(pair, place / "before", pair.before)
    earlier = Book(before.everything)
    reviews.fill(earlier, reviews.answers(earlier, random.Random(0), 0.5))
    # What was decided then is shown in the next one.
    reviews.hand_in(before, earlier.save(place / "earlier.xlsx"))
    now = reviews.opened(pair, place / "now", pair.now)
    foreign = reviews.opened(there, place / "foreign", there.now)
    found = [f.read_bytes() for f in now.owners if usable(f)]
    assert len(found) >= 2
    return Stage(now, before, foreign, Desk(now, place / "desk"), aliases(pair), found)


def test_the_judge_knows_every_column(stage: Stage) -> None:
    for table in Book(stage.now.everything).tables():
        assert set(table.columns) == {*FACTS, *ANSWERS, "Item id"}


def test_there_are_enough(stage: Stage) -> None:
    assert len(KINDS) >= 30
    assert len(CASES) >= 200


def tampered(stage: Stage, kind: str, number: int) -> Case:
    """A workbook that has what is to be tampered with, filled in and tampered with."""
    chance = random.Random(f"{kind} {number}")
    all_of_it = stage.now.everything.read_bytes()
    for content in [*chance.sample(stage.usable, len(stage.usable)), all_of_it]:
        book = Book(content)
        given = reviews.answers(book, chance)
        reviews.fill(book, given)
        other = stage.usable[0] if content != stage.usable[0] else stage.usable[1]
        case = Case(
            book=book,
            chance=chance,
            given=given,
            other=lambda other=other: Book(other),  # type: ignore[misc]
            earlier=lambda: Book(stage.before.everything),
            foreign=lambda: Book(stage.foreign.everything),
            aliases=stage.aliases,
            number=number,
        )
        try:
            KINDS[kind][0](case)
        except IndexError:
            # Nothing to choose from: no guest, say, or nobody with two names.
            continue
        return case
    raise AssertionError(f"no workbook has what {kind} needs")


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_tampering(stage: Stage, kind: str, number: int, tmp_path: Path) -> None:
    case = tampered(stage, kind, number)
    file = case.book.save(tmp_path / "returned.xlsx")
    if case.after:
        parts = reviews.parts(file)
        for change in case.after:
            change(parts)
        reviews.pack(parts, file)
    received = stage.desk.receive(file)
    assert "panick" not in received.said
    if case.refused:
        assert received.code == REFUSED, received.file
        assert received.file["outcome"] == "refused"
        assert received.file["kind"] in case.refused, received.file["message"]
        assert stage.desk.decided() == {}
        return
    assert received.file["outcome"] == "read", received.file
    assert received.code == PROBLEMS
    assert case.named <= received.problems, (
        f"not named: {case.named - received.problems}; named: {sorted(map(str, received.problems))[:20]}"
    )
    more = {p for p in received.problems - case.named if p[0] not in case.beside}
    assert not more, f"named without cause: {more}"
    assert all(p["message"] for p in received.file["problems"])
    decided = stage.desk.decided()
    assert not case.lost & decided.keys(), "decisions that were tampered with count"
    expected = {item: reviews.as_said(a) for item, a in case.given.items() if item not in case.lost}
    assert {item: reviews.said(row) for item, row in decided.items()} == expected
    assert received.file["taken"] == len(expected)


def test_nothing_of_a_clean_workbook_is_named(stage: Stage, tmp_path: Path) -> None:
    """Else all of the above would be worth nothing."""
    for number, content in enumerate(stage.usable):
        book = Book(content)
        given = reviews.answers(book, random.Random(number))
        reviews.fill(book, given)
        received = stage.desk.receive(book.save(tmp_path / f"{number}.xlsx"))
        assert (received.code, received.file["problems"]) == (TAKEN, [])
        decided = stage.desk.decided()
        assert {i: reviews.said(r) for i, r in decided.items()} == {
            i: reviews.as_said(a) for i, a in given.items()
        }


def test_decisions_that_change_are_said_and_both_are_kept(stage: Stage, tmp_path: Path) -> None:
    book = Book(stage.usable[0])
    given = reviews.answers(book, random.Random(1))
    reviews.fill(book, given)
    first = book.save(tmp_path / "first.xlsx")
    changed = sorted(given)[:3]
    for item in changed:
        given[item].decision = next(d for d in reviews.DECISIONS if d != given[item].decision)
    reviews.fill(book, given)
    second = book.save(tmp_path / "second.xlsx")
    assert stage.desk.receive(first).file["changed"] == []
    received = stage.desk.receive(second, again=True)
    assert {(p["kind"], p["item_id"], p["is"]) for p in received.file["changed"]} == {
        ("changed-decision", item, given[item].decision) for item in changed
    }
    decided = stage.desk.decided()
    assert {i: reviews.said(r) for i, r in decided.items()} == {
        i: reviews.as_said(a) for i, a in given.items()
    }
    # The same file again changes nothing, and the first one is no news either.
    before = stage.desk.decided()
    assert stage.desk.receive(second, again=True).file["outcome"] == "read before"
    assert stage.desk.decided() == before


def test_a_decision_that_is_taken_back_is_said(stage: Stage, tmp_path: Path) -> None:
    book = Book(stage.usable[0])
    given = reviews.answers(book, random.Random(2))
    reviews.fill(book, given)
    assert stage.desk.receive(book.save(tmp_path / "first.xlsx")).code == TAKEN
    item = sorted(given)[0]
    for table in book.tables():
        for row in table.rows:
            if table.item(row) == item:
                table.set(row, "Decision", None)
                table.set(row, "Justification", None)
    received = stage.desk.receive(book.save(tmp_path / "second.xlsx"), again=True)
    assert [p["kind"] for p in received.file["changed"]] == ["kept-decision"]
    assert received.file["changed"][0]["message"].startswith("1 ")
    assert received.file["blank"] == 1


def test_reviews_of_one_snapshot_are_told_apart(stage: Stage, tmp_path: Path) -> None:
    pair = stage.now.pair
    data = tmp_path / "data"
    shutil.copytree(pair.data, data)
    again = reviews.opened(Pair(pair.config, data, pair.now, pair.before), tmp_path / "again", pair.now)
    assert again.id != stage.now.id
    desk = Desk(again, tmp_path / "desk")
    for review, expected in ((stage.now, "stale"), (again, None)):
        book = Book(review.everything)
        reviews.fill(book, reviews.answers(book, random.Random(4)))
        received = desk.receive(book.save(tmp_path / "returned.xlsx"))
        assert received.file.get("kind") == expected, received.file


def test_a_bad_file_keeps_no_good_one_out(stage: Stage, tmp_path: Path) -> None:
    book = Book(stage.usable[0])
    given = reviews.answers(book, random.Random(3))
    reviews.fill(book, given)
    good = book.save(tmp_path / "good.xlsx")
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(good.read_bytes()[:-100])
    received = stage.desk.receive(bad, good, tmp_path / "missing.xlsx")
    assert received.code == REFUSED
    assert [f["outcome"] for f in received.files] == ["refused", "read", "refused"]
    assert stage.desk.decided().keys() == given.keys()
