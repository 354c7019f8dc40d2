"""Tampering with ids, rows, sheets and columns."""

from openpyxl.worksheet.worksheet import Worksheet

import reviews
from reviews import ANSWERS, CHANGES, EVERYTHING, PRIVILEGED, START, Table
from tampering import Case, kind


@kind(5)
def id_that_is_none(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    item = table.item(row)
    value = ("made up", item[:-1], item.upper(), f"{item} ", "00000000-0000-0000-0000-000000000000")[
        case.number
    ]
    _gone(case, table, row)
    table.set(row, "Item id", value)
    case.problem("foreign-row", table, row, "Item id")


def _gone(case: Case, table: Table, row: int) -> None:
    """The row of an item is no more to be found in its table."""
    item = table.item(row)
    if table.title in case.given[item].sheets:
        # What the other table says of it counts, if anything.
        left = tuple(s for s in case.given[item].sheets if s != table.title)
        if left:
            case.given[item].sheets = left
        else:
            case.lost.add(item)
    case.named.add(("missing-row", table.title, None, None))


@kind(4)
def id_of_another_row(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    donor = case.row(table, lambda r: table.get(r, "Person") != table.get(row, "Person"))
    _gone(case, table, row)
    case.loses(table, donor)
    table.set(row, "Item id", table.get(donor, "Item id"))
    case.problem("altered-fact", table, row, "Person")
    case.named.add(("duplicate-row", table.title, max(row, donor), None))
    case.beside |= {"altered-fact"}


@kind(2)
def id_emptied(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    _gone(case, table, row)
    cell = table.sheet.cell(row, table.columns["Item id"])
    cell.value = None
    case.problem("foreign-row", table, row, "Item id")


@kind(6)
def row_deleted(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    _gone(case, table, row)
    table.sheet.delete_rows(row)


@kind(2)
def all_rows_deleted(case: Case) -> None:
    table = case.table()
    for row in table.rows:
        _gone(case, table, row)
    table.sheet.delete_rows(2, table.sheet.max_row)


@kind(4)
def row_twice(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    last = table.append(table.values(row))
    case.problem("duplicate-row", table, last)


@kind(4)
def row_twice_with_another_decision(case: Case) -> None:
    table = case.table()
    row = case.row(table, lambda r: case.given[table.item(r)].sheets == (table.title,))
    last = table.append(table.values(row))
    table.set(
        last,
        "Decision",
        case.chance.choice([d for d in reviews.DECISIONS if d != table.get(row, "Decision")]),
    )
    case.loses(table, row)
    case.problem("duplicate-row", table, last)
    case.problem("conflict", table, row)


@kind(4)
def row_moved_among_the_privileged(case: Case) -> None:
    source, target = case.table(EVERYTHING), case.table(PRIVILEGED)
    row = case.row(source, lambda r: source.get(r, "Privileged") == "no")
    moved = target.append(source.values(row))
    source.sheet.delete_rows(row)
    case.problem("row-in-wrong-sheet", target, moved)
    case.named.add(("missing-row", EVERYTHING, None, None))


@kind(4)
def row_moved_out_of_the_privileged(case: Case) -> None:
    source, target = case.table(PRIVILEGED), case.table(EVERYTHING)
    row = case.row(source, lambda r: case.given[source.item(r)].sheets == (PRIVILEGED,))
    there = target.find(source.item(row))
    moved = target.append(source.values(row))
    source.sheet.delete_rows(row)
    assert there < moved
    case.problem("duplicate-row", target, moved)
    case.named.add(("missing-row", PRIVILEGED, None, None))


@kind(6)
def row_of_another_workbook(case: Case) -> None:
    table = case.table()
    donor = case.other().table(EVERYTHING)
    here = {table.item(r) for r in table.rows}
    row = case.row(donor, lambda r: donor.item(r) not in here)
    donor.set(row, "Decision", "Keep")
    donor.set(row, "Justification", "slipped in")
    moved = table.append(donor.values(row))
    case.loses(donor, row)
    case.problem("row-of-another-workbook", table, moved)
    if table.title == PRIVILEGED and donor.get(row, "Privileged") == "no":
        case.problem("row-in-wrong-sheet", table, moved)


@kind(4)
def row_of_an_earlier_review(case: Case) -> None:
    """The same access by the same id, as it was shown then."""
    table = case.table()
    donor = case.earlier().table(table.title)
    then = {donor.item(r): r for r in donor.rows}
    row = case.row(table, lambda r: table.item(r) in then)
    kept = {name: table.get(row, name) for name in ANSWERS}
    table.replace(row, donor.values(then[table.item(row)]))
    for name, value in kept.items():
        table.set(row, name, value)
    case.loses(table, row)
    case.problem("altered-fact", table, row, "AccessReviewId")
    case.beside.add("altered-fact")


@kind(4)
def row_of_another_organisation(case: Case) -> None:
    table = case.table()
    donor = case.foreign().table(table.title)
    moved = table.append(donor.values(case.row(donor)))
    table.set(moved, "Decision", "Keep")
    case.problem("foreign-row", table, moved, "Item id")


@kind(2)
def row_that_somebody_added(case: Case) -> None:
    table = case.table()
    moved = table.append([None] * len(table.columns))
    table.set(moved, "Person", "new.starter@example.test")
    table.set(moved, "Decision", "Keep")
    case.problem("foreign-row", table, moved, "Item id")


@kind(3)
def workbook_of_an_earlier_review(case: Case) -> None:
    case.book = case.earlier()
    case.book.sign()
    case.refused = {"stale"}


@kind(3)
def workbook_of_another_organisation(case: Case) -> None:
    case.book = case.foreign()
    case.book.sign()
    # The ids of both are the moments of their snapshots.
    case.refused = {"foreign", "altered-record"}


@kind(4)
def sheet_renamed(case: Case) -> None:
    name = (START, CHANGES, PRIVILEGED, EVERYTHING)[case.number]
    case.book.all[name].title = "Renamed"
    _sheet_lost(case, name)
    case.named.add(("unknown-sheet", "Renamed", None, None))


@kind(4)
def sheet_deleted(case: Case) -> None:
    name = (START, CHANGES, PRIVILEGED, EVERYTHING)[case.number]
    del case.book.all[name]
    _sheet_lost(case, name)


def _sheet_lost(case: Case, name: str) -> None:
    case.named.add(("missing-sheet", name, None, None))
    if name == START:
        # Nobody signed then.
        case.lost |= set(case.given)
        case.beside.add("no-reviewer")
    case.lost |= {item for item, answer in case.given.items() if answer.sheets == (name,)}


@kind(3)
def sheet_added(case: Case) -> None:
    name = ("Notes", "Approved", "Everything else")[case.number]
    case.book.all.create_sheet(name).append(["These are all fine"])
    case.named.add(("unknown-sheet", name, None, None))


@kind(2)
def sheet_copied(case: Case) -> None:
    table = case.table()
    copied: Worksheet = case.book.all.copy_worksheet(table.sheet)
    copied.title = f"{table.title} (2)"
    # Every row is there twice.
    case.named |= {("duplicate-row", copied.title, r, None) for r in table.rows}


@kind(5)
def sheets_exchanged(case: Case) -> None:
    """The privileged rows are in the other sheet, and what is not privileged among them."""
    privileged, every = case.table(PRIVILEGED), case.table(EVERYTHING)
    assert len(every.rows) > len(privileged.rows)
    privileged.sheet.title = "between"
    every.sheet.title, privileged.sheet.title = PRIVILEGED, EVERYTHING
    case.named |= {
        ("row-in-wrong-sheet", PRIVILEGED, r, None) for r in every.rows if every.get(r, "Privileged") == "no"
    }
    case.named.add(("missing-row", EVERYTHING, None, None))


@kind(5)
def column_deleted(case: Case) -> None:
    table = case.table()
    column = ("Person", "Check", "Path", "AccessReviewId", "PrincipalId")[case.number]
    _rows_lost(case, table)
    table.sheet.delete_cols(table.columns[column])
    case.problem("missing-column", table, None, column)


def _rows_lost(case: Case, table: Table) -> None:
    """No row of the sheet can be told to be whole."""
    case.lost |= {table.item(r) for r in table.rows}


@kind(4)
def column_of_answers_deleted(case: Case) -> None:
    table = case.table()
    column = ANSWERS[case.number]
    case.beside.add("no-decision")
    _rows_lost(case, table)
    table.sheet.delete_cols(table.columns[column])
    case.problem("missing-column", table, None, column)


@kind(1)
def column_of_ids_deleted(case: Case) -> None:
    table = case.table(EVERYTHING)
    case.named |= {("foreign-row", EVERYTHING, r, "Item id") for r in table.rows}
    case.named |= {("missing-row", EVERYTHING, None, None), ("missing-column", EVERYTHING, None, "Item id")}
    case.lost |= {item for item, answer in case.given.items() if answer.sheets == (EVERYTHING,)}
    table.sheet.delete_cols(table.columns["Item id"])


@kind(4)
def heading_renamed(case: Case) -> None:
    table = case.table()
    column = ("Person", "Privileged", "Check", "ResourceId")[case.number]
    table.sheet.cell(1, table.columns[column]).value = "Renamed"
    _rows_lost(case, table)
    case.problem("missing-column", table, None, column)
    case.problem("unknown-column", table, None, "Renamed")


@kind(2)
def heading_emptied(case: Case) -> None:
    table = case.table()
    table.sheet.cell(1, table.columns["Path"]).value = None
    case.beside.add("unknown-cell")
    _rows_lost(case, table)
    case.problem("missing-column", table, None, "Path")


@kind(2)
def heading_row_deleted(case: Case) -> None:
    table = case.table()
    case.lost |= {item for item, answer in case.given.items() if answer.sheets == (table.title,)}
    table.sheet.delete_rows(1)
    case.named |= {("missing-row", table.title, None, None)}
    # The first row is where the heading was.
    case.beside |= {
        "missing-column",
        "unknown-column",
        "foreign-row",
        "missing-heading",
        "duplicate-column",
        "unknown-cell",
    }


@kind(4)
def headings_exchanged(case: Case) -> None:
    table = case.table()
    one, other = (
        ("Person", "Account"),
        ("Privileged", "Guest"),
        ("Person", "Permission set"),
        ("Path", "Source"),
    )[case.number]
    for row in table.rows:
        if table.get(row, one) != table.get(row, other):
            case.loses(table, row)
            case.problem("altered-fact", table, row, one)
            case.problem("altered-fact", table, row, other)
    first, second = table.columns[one], table.columns[other]
    table.sheet.cell(1, first).value, table.sheet.cell(1, second).value = other, one


@kind(4)
def column_twice(case: Case) -> None:
    table = case.table()
    column = ("Person", "Decision", "Item id", "Check")[case.number]
    place = table.sheet.max_column + 1
    table.sheet.cell(1, place).value = column
    for row in table.rows:
        table.sheet.cell(row, place).value = table.get(row, column)
    _rows_lost(case, table)
    case.problem("duplicate-column", table, None, column)


@kind(4)
def column_added(case: Case) -> None:
    table = case.table()
    name = ("Notes", "Approved by", "decision", "Person ")[case.number]
    table.sheet.insert_cols(2 + case.number)
    table.sheet.cell(1, 2 + case.number).value = name
    case.problem("unknown-column", table, None, name)
