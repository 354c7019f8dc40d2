"""Ways to tamper with a returned workbook, each with what must be named of it: facts of
a row. Rows, sheets and columns, and what reviewers fill in, have files of their own."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from openpyxl.utils import get_column_letter

from reviews import TABLES, Answer, Book, Parts, Table

# Kind, sheet, row, column: as the program names what is wrong.
Named = tuple[str, str | None, int | None, str | None]
# Letters of other scripts that look like ours, and what cannot be seen.
TWINS = str.maketrans("aceopxysi", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0455\u0456")
UNSEEN = ("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e")


@dataclass
class Case:
    """A workbook that was filled in, about to be tampered with."""

    book: Book
    chance: random.Random
    given: dict[str, Answer]
    # Other workbooks: of the same review, of an earlier one, of another organisation.
    other: Callable[[], Book]
    earlier: Callable[[], Book]
    foreign: Callable[[], Book]
    # Names that a person is known by beside the user name, by user name.
    aliases: dict[str, set[str]]
    # Number of the workbook among those of its kind.
    number: int
    # What must be named, and the items whose decisions must not count.
    named: set[Named] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    # Kinds that may be named beside.
    beside: set[str] = field(default_factory=set)
    # The kinds as which the whole may be refused.
    refused: set[str] = field(default_factory=set)
    # What is done to the parts of the file afterwards.
    after: list[Callable[[Parts], None]] = field(default_factory=list)

    def table(self, name: str | None = None) -> Table:
        """A table; one or the other by turns where none is named."""
        return self.book.table(name or TABLES[self.number % 2])

    def row(self, table: Table, want: Callable[[int], bool] = lambda row: True) -> int:
        """Some row of a table."""
        return self.chance.choice([r for r in table.rows if want(r)])

    def problem(
        self, kind: str, table: Table | None = None, row: int | None = None, column: str | None = None
    ) -> None:
        """Something that must be named."""
        self.named.add((kind, table.title if table else None, row, column))

    def loses(self, table: Table, row: int) -> None:
        """The decision about the item of a row must not count."""
        self.lost.add(table.item(row))

    def alter(self, table: Table, row: int, column: str, value: Any) -> None:
        """Alters a fact."""
        assert value != table.get(row, column), (column, value)
        self.loses(table, row)
        table.set(row, column, value)
        self.problem("altered-fact", table, row, column)


Tampering = Callable[[Case], None]
KINDS: dict[str, tuple[Tampering, int]] = {}


def kind(times: int) -> Callable[[Tampering], Tampering]:
    """A kind of tampering, and with how many workbooks it is tried."""

    def known(made: Tampering) -> Tampering:
        KINDS[made.__name__.replace("_", "-")] = (made, times)
        return made

    return known


FACTS = (
    "Person;Account;Permission set;Severity;Privileged;Path;Source;Guest;Name;User status;Account id;Since;Last use;"
    "Last sign-in;Since last review;Last decision;Findings;AccessRecommendation;Application owner;Check;AccessReviewId;"
    "AccessReviewSeriesId;ReviewType;ResourceDisplayName;ResourceId;ReviewName;CreatedDateTime;ReviewStartDate;"
    "ReviewEndDate;ReviewStatus;OwnerId;OwnerName;OwnerUPN;PrincipalId;PrincipalName;PrincipalUPN;PrincipalType;"
    "ReviewResult;ReviewerId;ReviewerName;ReviewerEmailAddress;AppliedByName;AppliedByUPN;AppliedByEmailAddress;"
    "AppliedDate;SubmissionResult;Production;Snapshot"
).split(";")


@kind(len(FACTS))
def fact_of_each_column(case: Case) -> None:
    table = case.table()
    column = FACTS[case.number]
    row = case.row(table)
    value = table.get(row, column)
    case.alter(
        table, row, column, value + timedelta(days=1) if isinstance(value, datetime) else f"{value or ''}x"
    )


@kind(6)
def fact_taken_out(case: Case) -> None:
    table = case.table()
    column = ("Person", "Permission set", "Path", "Privileged", "PrincipalId", "Check")[case.number]
    case.alter(table, case.row(table), column, None)


@kind(6)
def privileged_flag(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    case.alter(table, row, "Privileged", "no" if table.get(row, "Privileged") != "no" else "yes")


@kind(4)
def check_of_another_row(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    donor = case.row(table, lambda r: r != row)
    case.alter(table, row, "Check", table.get(donor, "Check"))


@kind(6)
def names_of_two_rows_exchanged(case: Case) -> None:
    """A sort that left out some columns does this."""
    table = case.table()
    column = ("Person", "Permission set", "Account", "PrincipalId", "ResourceId", "PrincipalUPN")[case.number]
    row = case.row(table)
    donor = case.row(table, lambda r: table.get(r, column) != table.get(row, column))
    first, second = table.get(row, column), table.get(donor, column)
    case.alter(table, row, column, second)
    case.alter(table, donor, column, first)


@kind(4)
def facts_sorted_alone(case: Case) -> None:
    """Some columns are sorted and others stay."""
    table = case.table()
    column = ("Person", "Account", "Path", "Check")[case.number]
    rows = table.rows
    values = [table.get(r, column) for r in rows]
    for row, value in zip(rows, values[1:] + values[:1], strict=True):
        if table.get(row, column) != value:
            case.alter(table, row, column, value)


@kind(4)
def number_for_text(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    case.alter(table, row, "Account id", int(table.get(row, "Account id")))


@kind(4)
def leading_zeros_gone(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    digits = str(table.get(row, "Account id"))
    case.alter(table, row, "Account id", digits.lstrip("0") if digits.startswith("0") else f"0{digits}")


@kind(4)
def number_with_an_exponent(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    digits = float(table.get(row, "Account id"))
    value: Any = [f"{digits:.5E}", "1E5", 1e5, digits + 0.5][case.number]
    case.alter(table, row, "Account id", value)


@kind(5)
def letters_that_look_alike(case: Case) -> None:
    table = case.table()
    column = ("Person", "Account", "Permission set", "PrincipalUPN", "Path")[case.number]
    row = case.row(table)
    case.alter(table, row, column, table.get(row, column).translate(TWINS))


@kind(len(UNSEEN))
def characters_that_nobody_sees(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    text = str(table.get(row, "Person"))
    at = case.chance.randint(0, len(text))
    case.alter(table, row, "Person", text[:at] + UNSEEN[case.number] + text[at:])


@kind(6)
def blanks_around_a_fact(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    text = str(table.get(row, "Account"))
    changed = (f"{text} ", f" {text}", f"{text}\n", f"\t{text}", f"{text}\u00a0", text.replace("-", "- ", 1))
    case.alter(table, row, "Account", changed[case.number])


@kind(4)
def case_and_composition(case: Case) -> None:
    table = case.table()
    column = ("Person", "Account", "Permission set", "Application owner")[case.number]
    row = case.row(table, lambda r: bool(table.get(r, column)))
    text = str(table.get(row, column))
    split = unicodedata.normalize("NFD", text)
    case.alter(table, row, column, split if split != text else text.swapcase())


@kind(4)
def true_for_yes(case: Case) -> None:
    table = case.table()
    value: Any = (True, 1, 0, False)[case.number]
    case.alter(table, case.row(table), "Privileged", value)


MOVED = (
    timedelta(days=-365),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(days=1461),
    timedelta(seconds=-30),
    timedelta(seconds=1),
)


@kind(len(MOVED))
def time_moved(case: Case) -> None:
    table = case.table()
    columns = ("Since", "Last use", "Last sign-in", "CreatedDateTime", "ReviewEndDate")
    column = next(c for c in columns[case.number % 5 :] + columns if _times(table, c))
    row = case.row(table, lambda r: isinstance(table.get(r, column), datetime))
    case.alter(table, row, column, table.get(row, column) + MOVED[case.number])


def _times(table: Table, column: str) -> bool:
    return any(isinstance(table.get(r, column), datetime) for r in table.rows)


@kind(4)
def altered_and_hidden(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    case.alter(table, row, ("Person", "Path", "Guest", "Findings")[case.number], "altered")
    table.sheet.row_dimensions[row].hidden = True


@kind(2)
def column_hidden_and_altered(case: Case) -> None:
    table = case.table()
    table.sheet.column_dimensions[get_column_letter(table.columns["Path"])].hidden = True
    for row in table.rows[:3]:
        case.alter(table, row, "Path", "direct assignment, approved")


@kind(2)
def cells_merged(case: Case) -> None:
    """The cells below the first lose what they held."""
    table = case.table()
    first, second = table.rows[0], table.rows[1]
    column = table.columns["Person"]
    case.loses(table, second)
    table.sheet.merge_cells(start_row=first, end_row=second, start_column=column, end_column=column)
    case.problem("altered-fact", table, second, "Person")
