"""Tampering with what reviewers fill in, and with the file around it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import reviews
from reviews import CHANGES, EVERYTHING, PRIVILEGED, RECORD, START, TABLES, Parts, Table
from tampering import Case, kind

WRONG: tuple[Any, ...] = (
    "Approve",
    "Yes",
    "Kee",
    "Keep/Remove",
    "Remove?",
    "Not reviewed",
    "-",
    1,
    True,
    "K e e p",
    "K\u0435ep",
    "Keep\u200b",
)


@kind(len(WRONG))
def unknown_decision(case: Case) -> None:
    table, row = _answered(case)
    table.set(row, "Decision", WRONG[case.number])
    case.loses(table, row)
    case.problem("unknown-decision", table, row, "Decision")


def _answered(case: Case, want: Callable[[Table, int], bool] = lambda table, row: True) -> tuple[Table, int]:
    """A row that has the only decision about its item."""
    table = case.table()

    def alone(row: int) -> bool:
        return case.given[table.item(row)].sheets == (table.title,) and want(table, row)

    if not any(map(alone, table.rows)):
        table = case.table(EVERYTHING if table.title == PRIVILEGED else PRIVILEGED)
    return table, case.row(table, alone)


@kind(5)
def decisions_that_differ(case: Case) -> None:
    privileged, every = case.table(PRIVILEGED), case.table(EVERYTHING)
    row = case.row(privileged, lambda r: case.given[privileged.item(r)].sheets == TABLES)
    other = next(d for d in reviews.DECISIONS if d != privileged.get(row, "Decision"))
    every.set(every.find(privileged.item(row)), "Decision", "nonsense" if case.number == 4 else other)
    case.loses(privileged, row)
    case.problem("conflict", privileged, row)


@kind(9)
def justification_missing(case: Case) -> None:
    wants = (
        ("Keep", lambda t, r: t.get(r, "Privileged") == "yes"),
        ("Keep", lambda t, r: t.get(r, "Privileged") == "no" and t.get(r, "Guest") == "yes"),
        ("Change", lambda t, r: True),
    )
    decision, want = wants[case.number % 3]
    table, row = _answered(case, want)
    table.set(row, "Decision", decision)
    table.set(row, "Justification", (None, " \n\t\u00a0", "\u200b")[case.number // 3])
    case.loses(table, row)
    case.problem("missing-justification", table, row, "Justification")


@kind(2)
def nobody_signed(case: Case) -> None:
    case.book.sign((None, "  ")[case.number], reviews.today())
    case.lost |= set(case.given)
    case.beside.add("no-reviewer")
    for item, answer in case.given.items():
        table = case.table(answer.sheets[0])
        case.problem("no-reviewer", table, table.find(item), "ReviewerUPN")


@kind(1)
def label_of_the_signature_altered(case: Case) -> None:
    cell = case.book.label(reviews.SIGNED_BY)
    case.book.all[START].cell(cell.row, 1).value = "Reviewed by"
    case.lost |= set(case.given)
    case.beside |= {"no-reviewer", "altered-fact"}
    item, answer = next(iter(case.given.items()))
    table = case.table(answer.sheets[0])
    case.problem("no-reviewer", table, table.find(item), "ReviewerUPN")


DISGUISES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda name: f"  {name}\u00a0",
    lambda name: f"{name}\n",
    lambda name: f"\u200b{name}",
    lambda name: f"mailto:{name}",
    lambda name: f"Somebody <{name}>",
)


# So many of them are still a name; the others are none.
PLAIN = 5


@kind(len(DISGUISES))
def own_access(case: Case) -> None:
    table, row = _answered(case)
    disguise = DISGUISES[case.number]
    table.set(row, "ReviewerUPN", disguise(str(table.get(row, "Person"))))
    case.loses(table, row)
    case.problem(
        "self-review" if disguise in DISGUISES[:PLAIN] else "bad-reviewer", table, row, "ReviewerUPN"
    )


@kind(4)
def own_access_under_another_name(case: Case) -> None:
    table, row = _answered(case, lambda t, r: bool(case.aliases.get(str(t.get(r, "Person")).lower())))
    alias = case.chance.choice(sorted(case.aliases[str(table.get(row, "Person")).lower()]))
    table.set(row, "ReviewerUPN", DISGUISES[case.number % 3](alias))
    case.loses(table, row)
    case.problem("self-review", table, row, "ReviewerUPN")


@kind(3)
def own_access_by_signature(case: Case) -> None:
    every = case.table(EVERYTHING)
    # One who is known by no other name: the rows of that would be his own, too.
    person = every.get(case.row(every, lambda r: str(every.get(r, "Person")).startswith("owner.")), "Person")
    case.book.sign(DISGUISES[case.number](str(person)), reviews.today())
    for row in every.rows:
        item = every.item(row)
        if every.get(row, "Person") == person:
            case.lost.add(item)
            table = case.table(case.given[item].sheets[0])
            case.problem("self-review", table, table.find(item), "ReviewerUPN")
        case.given[item].reviewer = DISGUISES[case.number](str(person))


@kind(2)
def own_access_in_the_second_sheet(case: Case) -> None:
    privileged, every = case.table(PRIVILEGED), case.table(EVERYTHING)
    row = case.row(privileged, lambda r: case.given[privileged.item(r)].sheets == TABLES)
    there = every.find(privileged.item(row))
    privileged.set(row, "ReviewerUPN", "somebody.else@reviewers.example")
    every.set(there, "ReviewerUPN", every.get(there, "Person"))
    case.loses(every, there)
    # Either as that, or as two reviewers who are not one.
    case.beside |= {"self-review", "conflict"}


BAD_DAYS: tuple[Any, ...] = (
    "yesterday",
    "31/02/2026",
    "2026-02-30",
    "2026-13-01",
    f"{reviews.today()}45",
    -1,
    1e300,
    True,
    "0000-00-00",
)


@kind(len(BAD_DAYS))
def day_that_is_none(case: Case) -> None:
    table, row = _answered(case)
    table.set(row, "ReviewDate", BAD_DAYS[case.number])
    case.loses(table, row)
    case.problem("bad-date", table, row, "ReviewDate")


@kind(3)
def day_to_come(case: Case) -> None:
    table, row = _answered(case)
    day = reviews.today() + timedelta(days=(3, 400, 36500)[case.number])
    table.set(row, "ReviewDate", day if case.number else day.isoformat())
    case.loses(table, row)
    case.problem("date-in-future", table, row, "ReviewDate")


@kind(3)
def day_of_the_signature(case: Case) -> None:
    """It is the day of every row that has none of its own."""
    day = reviews.today() + timedelta(days=40)
    value, kind_of_it = (
        ("soon", "bad-date"),
        (day, "date-in-future"),
        (reviews.today() - timedelta(days=40), "date-before-review"),
    )[case.number]
    case.book.sign(day=value)
    case.lost |= set(case.given)
    case.beside.add(kind_of_it)
    item, answer = next(iter(case.given.items()))
    table = case.table(answer.sheets[0])
    case.problem(kind_of_it, table, table.find(item), "ReviewDate")


@kind(3)
def day_before_the_review(case: Case) -> None:
    table, row = _answered(case)
    day = reviews.today() - timedelta(days=(3, 400, 9000)[case.number])
    table.set(row, "ReviewDate", day if case.number else day.isoformat())
    case.loses(table, row)
    case.problem("date-before-review", table, row, "ReviewDate")


FORMULAS = (
    ("Decision", '="Keep"'),
    ("Decision", '=IF(1=1,"Keep","Remove")'),
    ("Justification", '=HYPERLINK("https://example.test","see")'),
    ("Person", '="ana"'),
    ("ReviewDate", "=TODAY()"),
    ("Account id", "=1E5"),
    ("Check", "=A1"),
)


@kind(len(FORMULAS) + 3)
def formula(case: Case) -> None:
    if case.number >= len(FORMULAS):
        sheet = case.book.all[(START, CHANGES, RECORD)[case.number - len(FORMULAS)]]
        sheet.cell(5, 2).value = "=NOW()"
    else:
        table = case.table()
        column, text = FORMULAS[case.number]
        table.sheet.cell(case.row(table), table.columns[column]).value = text
    case.refused = {"formula"}
    if case.number == len(FORMULAS) + 2:
        case.refused |= {"altered-record"}


# How a relation may hide where it leads.
HIDING: tuple[Callable[[str], str], ...] = (
    str,
    lambda link: link.replace(" Target=", ' xmlns:a="urn:a" a:Target="styles.xml" Target='),
    lambda link: link.replace(" Type=", ' xmlns:a="urn:a" a:Type="urn:x/image" Type='),
    lambda link: link.replace("/>", ' TargetMode="Internal"/>'),
    lambda link: link.replace("worksheets/sheet.dat", "&#119;orksheets/sheet.dat"),
    lambda link: link.replace(
        "<Relationship ",
        "<a:Relationship xmlns:a='http://schemas.openxmlformats.org/package/2006/relationships' ",
    ),
)
NAMES = ("sheet.XML", "sheet", "sheet.xml.bin")


@kind(len(HIDING) + len(NAMES))
def formula_in_a_part_of_another_name(case: Case) -> None:
    """The relations say where a sheet is, whatever it is called."""
    table = case.table()
    table.sheet.cell(case.row(table), table.columns["Decision"]).value = '="Keep"'
    hide = HIDING[case.number] if case.number < len(HIDING) else str
    name = "sheet.dat" if case.number < len(HIDING) else NAMES[case.number - len(HIDING)]

    def renamed(of: Parts) -> None:
        part = reviews.sheet_part(of, table.title)
        of[f"xl/worksheets/{name}"] = of.pop(part)
        old, new = part.removeprefix("xl/"), f"worksheets/{name}"
        of["[Content_Types].xml"] = of["[Content_Types].xml"].replace(old.encode(), new.encode())
        rels = of["xl/_rels/workbook.xml.rels"].decode()
        link = next(found for found in re.findall(r"<Relationship [^>]*/>", rels) if old in found)
        moved = hide(link.replace(f"/xl/{old}", new).replace(old, new).replace(" />", "/>"))
        of["xl/_rels/workbook.xml.rels"] = rels.replace(link, moved).encode()

    case.after.append(renamed)
    case.refused = {"formula", "unreadable"}


@kind(3)
def link_in_a_cell(case: Case) -> None:
    table = case.table()
    row = case.row(table)
    target = ("https://example.test/collect?who=me", "file:////server/share/x.xlsx", "ftp://example.test/x")[
        case.number
    ]
    table.sheet.cell(row, table.columns["Justification"]).hyperlink = target
    table.sheet.cell(row, table.columns["Justification"]).value = case.given[table.item(row)].justification
    case.named.add(("link", None, None, None))
    case.beside.add("no-decision")


def _with_part(name: str, content: bytes, relation: str, mode: str = "") -> Callable[[Parts], None]:
    def added(of: Parts) -> None:
        of[f"xl/{name}"] = content
        rels = of["xl/_rels/workbook.xml.rels"].decode()
        link = f'<Relationship Id="rId900" Type="http://schemas.openxmlformats.org/{relation}" Target="{name}"{mode}/>'
        of["xl/_rels/workbook.xml.rels"] = rels.replace(
            "</Relationships>", f"{link}</Relationships>"
        ).encode()

    return added


ACTIVE = (
    ("externalLinks/externalLink1.xml", "officeDocument/2006/relationships/externalLink"),
    ("vbaProject.bin", "officeDocument/2006/relationships/vbaProject"),
    ("connections.xml", "officeDocument/2006/relationships/connections"),
    ("embeddings/oleObject1.bin", "officeDocument/2006/relationships/oleObject"),
    ("macrosheets/sheet1.xml", "officeDocument/2006/relationships/xlMacrosheet"),
    ("activeX/activeX1.xml", "officeDocument/2006/relationships/control"),
    ("model/item.data", "officeDocument/2006/relationships/powerPivotData"),
)


@kind(len(ACTIVE) + 1)
def part_that_acts(case: Case) -> None:
    if case.number == len(ACTIVE):
        outside = (
            "elsewhere",
            b"",
            "officeDocument/2006/relationships/attachedTemplate",
            ' TargetMode="External"',
        )
        case.after.append(_with_part(*outside))
    else:
        name, relation = ACTIVE[case.number]
        case.after.append(_with_part(name, b"<x/>", relation))
    case.refused = {"unreadable"}


@kind(1)
def type_of_a_workbook_with_macros(case: Case) -> None:
    def retyped(of: Parts) -> None:
        plain, macros = b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml"
        types = of["[Content_Types].xml"]
        of["[Content_Types].xml"] = types.replace(b"openxmlformats-officedocument." + plain, macros)
        assert of["[Content_Types].xml"] != types

    case.after.append(retyped)
    case.refused = {"unreadable"}


@kind(2)
def record_removed(case: Case) -> None:
    if case.number:
        case.book.all[RECORD].title = "Campaign data"
    else:
        del case.book.all[RECORD]
    case.refused = {"foreign"}


@kind(7)
def record_altered(case: Case) -> None:
    row = case.number + 1
    case.book.all[RECORD].cell(row, 2).value = "altered"
    case.refused = {"foreign", "altered-record"} if row <= 2 else {"altered-record"}


@kind(2)
def record_of_another_workbook(case: Case) -> None:
    """The same review, so that only the rows tell."""
    donor = case.other().all[RECORD]
    for row in donor.iter_rows(max_col=2):
        case.book.all[RECORD].cell(row[0].row, 2).value = row[1].value
    # Everything that is here belongs to the other one then, and the other's is not here.
    case.lost |= set(case.given)
    case.beside |= {"row-of-another-workbook", "missing-row", "altered-fact"}
    case.named.add(("missing-row", EVERYTHING, None, None))


@kind(5)
def what_the_first_sheet_says(case: Case) -> None:
    label = ("Scope", "Rows", "As of", "Review", "Due")[case.number]
    case.book.label(label).value = "altered"
    case.named.add(("altered-fact", START, case.book.label(label).row, label))


@kind(4)
def what_the_changes_say(case: Case) -> None:
    sheet = case.book.all[CHANGES]
    if case.number == 0:
        sheet.append(["added", "somebody@example.test", "an account", "ReadOnly"])
        case.named.add(("altered-fact", CHANGES, sheet.max_row, None))
    elif case.number == 1:
        sheet.delete_rows(case.chance.randint(2, sheet.max_row))
        case.named.add(("altered-fact", CHANGES, None, None))
    else:
        row = case.chance.randint(2, sheet.max_row)
        sheet.cell(row, case.number - 1).value = "altered"
        # What is there, and what is there no longer.
        case.named |= {("altered-fact", CHANGES, row, None), ("altered-fact", CHANGES, None, None)}


def _in_sheet(case: Case, change: Callable[[str], str], name: str = EVERYTHING) -> None:
    def changed(of: Parts) -> None:
        part = reviews.sheet_part(of, name)
        before = of[part].decode()
        after = change(before)
        assert after != before
        of[part] = after.encode()

    case.after.append(changed)


@kind(2)
def sheet_twice(case: Case) -> None:
    """Two sheets of one name: one program shows the first, another the second."""
    table = case.table(EVERYTHING)
    copied = case.book.all.copy_worksheet(table.sheet)
    doctored = Table(copied if case.number else table.sheet)
    for row in doctored.rows:
        doctored.set(row, "Path", "direct assignment, approved")
    copied.title = "a copy"

    def renamed(of: Parts) -> None:
        of["xl/workbook.xml"] = of["xl/workbook.xml"].replace(b'"a copy"', f'"{EVERYTHING}"'.encode())

    case.after.append(renamed)
    case.refused = {"unreadable"}


@kind(1)
def cell_twice(case: Case) -> None:
    """One program shows the first, another the second."""
    _in_sheet(case, lambda xml: re.sub(r'(<c r="D2"[^>]*>.*?</c>)', r"\1\1", xml, count=1, flags=re.S))
    case.refused = {"unreadable"}


@kind(1)
def row_behind_the_last_one_of_the_format(case: Case) -> None:
    """No spreadsheet shows it."""
    _in_sheet(case, lambda xml: re.sub(r'(<(?:row|c) r="[A-Z]*)2"', r'\g<1>1048577"', xml))
    case.refused = {"unreadable"}
