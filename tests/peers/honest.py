"""What reviewers do to a workbook that alters no fact: they fill it in, sort, filter,
hide, colour and comment it, and save it with whatever program they have."""

import random
import re
import subprocess
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.table import Table as ListObject

import reviews
import tool
from reviews import CHANGES, EVERYTHING, PRIVILEGED, RECORD, START, TABLES, Answer, Book, Parts, Table

Edit = Callable[[Book, random.Random, dict[str, Answer]], None]
EDITS: dict[str, Edit] = {}
RESAVE = Path(__file__).with_name("resave.cjs")


def edit(made: Edit) -> Edit:
    """Something that people do."""
    EDITS[made.__name__] = made
    return made


def _reordered(table: Table, rows: list[int]) -> None:
    values = [table.values(r) for r in rows]
    for row, content in zip(table.rows, values, strict=True):
        table.replace(row, content)


@edit
def sorted_by_a_column(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        column = chance.choice(sorted(table.columns))
        _reordered(
            table, sorted(table.rows, key=lambda r: str(table.get(r, column)), reverse=chance.random() < 0.5)
        )


@edit
def shuffled(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        _reordered(table, chance.sample(table.rows, len(table.rows)))


@edit
def filtered(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        column = table.columns["Severity"]
        wanted = chance.choice(["critical", "high", "medium"])
        table.sheet.auto_filter.add_filter_column(column - 1, [wanted])
        for row in table.rows:
            table.sheet.row_dimensions[row].hidden = table.get(row, "Severity") != wanted


@edit
def filter_taken_off(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        table.sheet.auto_filter.ref = None


@edit
def columns_hidden_and_shown(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for letter in map(get_column_letter, chance.sample(range(1, 54), 20)):
            table.sheet.column_dimensions[letter].hidden = chance.random() < 0.5


@edit
def rows_hidden(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in chance.sample(table.rows, len(table.rows) // 2):
            table.sheet.row_dimensions[row].hidden = True


@edit
def widths_and_heights(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for letter in map(get_column_letter, range(1, 20)):
            table.sheet.column_dimensions[letter].width = chance.uniform(2, 90)
        for row in table.rows:
            table.sheet.row_dimensions[row].height = chance.uniform(8, 200)


@edit
def panes(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        table.sheet.freeze_panes = chance.choice([None, "A2", "E2", "B5"])
        table.sheet.sheet_view.zoomScale = chance.choice([40, 75, 150, 400])
        table.sheet.sheet_view.showGridLines = False


@edit
def sheets_in_another_order(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for title in chance.sample(book.all.sheetnames, 5):
        book.all.move_sheet(title, chance.randint(-4, 4))
    book.all.active = next(n for n, s in enumerate(book.all) if s.title != RECORD)
    for sheet in book.all:
        sheet.sheet_view.tabSelected = False


@edit
def tabs_coloured_and_hidden(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    book.all[EVERYTHING].sheet_properties.tabColor = "FF0000"
    book.all[CHANGES].sheet_state = "hidden"


@edit
def record_shown(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    book.all[RECORD].sheet_state = chance.choice(["visible", "hidden"])


@edit
def protection_taken_off(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for sheet in book.all:
        sheet.protection.sheet = False


@edit
def protected_by_a_password(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        table.sheet.protection.set_password("reviewer")
    book.all.security = WorkbookProtection(lockStructure=True)


@edit
def comments(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in chance.sample(table.rows, min(3, len(table.rows))):
            text = "Who is this?\nAsked <f>Ben</f> & Ana =1+1"
            table.sheet.cell(row, chance.randint(1, 10)).comment = Comment(text, "A reviewer")


@edit
def colours_and_fonts(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in chance.sample(table.rows, len(table.rows) // 2):
            for column in range(1, 10):
                cell = table.sheet.cell(row, column)
                cell.fill = PatternFill("solid", fgColor="00FFAA00")
                cell.font = Font(strike=True, bold=True, color="00AA0000")
                cell.alignment = Alignment(wrap_text=True, textRotation=45)


@edit
def number_formats(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    """What is shown differs then, what is held does not."""
    for table in book.tables():
        for row in table.rows:
            for name in ("Since", "Last use", "Account id", "CreatedDateTime"):
                cell = table.sheet.cell(row, table.columns[name])
                cell.number_format = chance.choice(
                    ["General", "0.00", "dd/mm/yyyy", "@", "#,##0", "hh:mm:ss"]
                )


@edit
def conditional_formats(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        rule = CellIsRule(operator="equal", formula=['"Remove"'], fill=PatternFill(bgColor="00FF0000"))
        table.sheet.conditional_formatting.add("D2:D999", rule)


@edit
def columns_in_another_order(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        order = chance.sample(range(table.sheet.max_column), table.sheet.max_column)
        for row in range(1, table.sheet.max_row + 1):
            values = table.values(row)
            formats = [table.sheet.cell(row, c + 1).number_format for c in order]
            table.replace(row, [values[c] for c in order])
            for column, number_format in enumerate(formats, 1):
                table.sheet.cell(row, column).number_format = number_format
        table.sheet.data_validations.dataValidation.clear()


@edit
def blank_rows_and_columns(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        table.sheet.insert_rows(chance.choice(table.rows), 2)
        table.sheet.insert_cols(chance.randint(1, 20))


@edit
def outlines(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        table.sheet.row_dimensions.group(2, 4, hidden=True)
        table.sheet.column_dimensions.group("H", "M", hidden=chance.random() < 0.5)


@edit
def names_and_printing(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    book.all.defined_names["mine"] = DefinedName("mine", attr_text=f"'{EVERYTHING}'!$A$2:$C$9")
    for table in book.tables():
        table.sheet.print_area = "A1:W40"
        table.sheet.page_setup.orientation = "portrait"
        table.sheet.oddFooter.center.text = "&P of &N"


@edit
def formatted_as_a_table(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for number, table in enumerate(book.tables()):
        table.sheet.auto_filter.ref = None
        last = get_column_letter(table.sheet.max_column)
        headings = [table.sheet.cell(1, c).value for c in range(1, table.sheet.max_column + 1)]
        if all(headings) and len(set(headings)) == len(headings):
            table.sheet.add_table(
                ListObject(displayName=f"List{number}", ref=f"A1:{last}{table.sheet.max_row}")
            )


@edit
def properties(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    book.all.properties.lastModifiedBy = "O'Neill, Ana <ana@example.test> & \u732b"
    book.all.properties.title = "November, done"
    book.all.properties.keywords = "review"


@edit
def links_of_addresses(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    """Spreadsheets make a link of every address that is typed."""
    cell = book.label(reviews.SIGNED_BY)
    cell.hyperlink = f"mailto:{cell.value}"
    for table in book.tables():
        for row in chance.sample(table.rows, min(3, len(table.rows))):
            answer = given.get(table.item(row))
            if answer and table.title in answer.sheets:
                table.set(row, "ReviewerUPN", answer.reviewer)
                own = table.sheet.cell(row, table.columns["ReviewerUPN"])
                own.hyperlink = f"mailto:{answer.reviewer}"
                own.value = answer.reviewer


@edit
def decisions_as_people_type(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    typed: tuple[Callable[[str], str], ...] = (
        str.lower,
        str.upper,
        lambda d: f" {d}",
        lambda d: f"{d}\u00a0",
        lambda d: d.replace("'", "\u2019"),
    )
    for table in book.tables():
        for row in table.rows:
            if table.get(row, "Decision"):
                table.set(row, "Decision", chance.choice(typed)(table.get(row, "Decision")))


@edit
def days_of_every_kind(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in table.rows:
            answer = given.get(table.item(row))
            if not answer or answer.sheets != (table.title,) or chance.random() < 0.3:
                continue
            # A day begins a little earlier in some places than in others.
            answer.day = chance.choice([reviews.today(), reviews.today() - timedelta(days=1)])
            moment = datetime.combine(answer.day, time(13, 45, 30))
            forms: list[Any] = [
                answer.day,
                moment,
                answer.day.isoformat(),
                f" {answer.day} ",
                f"{moment.isoformat()}Z",
            ]
            table.set(row, "ReviewDate", chance.choice(forms))
            table.sheet.cell(row, table.columns["ReviewDate"]).number_format = chance.choice(
                ["yyyy-mm-dd", "dd/mm/yy", "General"]
            )


REASONS = (
    "on call\nsince spring",
    "=SUM(A1) is what she said",
    "-1 of the team; +44 20 7946 0000",
    "@everyone 'quoted' \"twice\"",
    "\U0001f469\u200d\U0001f692 \u00e9t\u00e9 \u05e9\u05dc\u05d5\u05dd \u732b",
    "see <b>ticket</b> & co",
    "1E5",
    "007",
    "TRUE",
    "2026-01-01",
    "#N/A",
    "long" + " and long" * 1500,
    "tab\there",
)


@edit
def reasons_of_every_kind(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in table.rows:
            answer = given.get(table.item(row))
            if answer and answer.sheets == (table.title,):
                answer.justification = chance.choice(REASONS)
                table.set(row, "Justification", answer.justification)


# The last is in every simulated organisation.
OTHERS = ("deputy@reviewers.example", "O'Hara-Lee_2@reviewers.example", "Si\u00e2n.Reeve76@example.gov.uk")


@edit
def other_reviewers(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    for table in book.tables():
        for row in table.rows:
            answer = given.get(table.item(row))
            if answer and answer.sheets == (table.title,) and chance.random() < 0.4:
                answer.reviewer = chance.choice(OTHERS)
                if "reeve76" in str(table.get(row, "Person")).lower():
                    answer.reviewer = OTHERS[0]
                table.set(row, "ReviewerUPN", f" {answer.reviewer} ")


@edit
def answers_spread_over_both_sheets(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    """Decided among the privileged, and the reason written where everything is."""
    privileged, every = book.table(PRIVILEGED), book.table(EVERYTHING)
    for row in privileged.rows:
        answer = given.get(privileged.item(row))
        if answer and answer.sheets == (PRIVILEGED,) and chance.random() < 0.5:
            answer.day = reviews.today() - timedelta(days=1)
            there = every.find(privileged.item(row))
            every.set(there, "Justification", answer.justification)
            every.set(there, "ReviewDate", answer.day)
            privileged.set(row, "Justification", None)
            privileged.set(row, "ReviewDate", None)


@edit
def notes_on_the_first_sheet(book: Book, chance: random.Random, given: dict[str, Answer]) -> None:
    book.label("Reviewed by (name)").value = "Head of Hosting"
    book.label("Acknowledged by management (name)").value = "A. Director"
    book.label("Acknowledged on").value = reviews.today()
    book.all[START].column_dimensions["B"].width = 60


def as_excel_leaves(of: Parts) -> None:
    """Parts that Excel adds: a label of sensitivity, settings of a printer, an item of SharePoint, people."""
    types = of["[Content_Types].xml"].decode()
    more = {
        "docMetadata/LabelInfo.xml": (
            "application/vnd.ms-office.classificationlabels+xml",
            b'<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{1}" enabled="1" method="Privileged" siteId="{2}" removed="0"/></clbl:labelList>',
        ),
        "xl/persons/person.xml": (
            "application/vnd.ms-excel.person+xml",
            b'<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"/>',
        ),
        "xl/printerSettings/printerSettings1.bin": (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings",
            bytes(range(256)) * 4,
        ),
        "customXml/item1.xml": (
            "application/xml",
            b'<p:properties xmlns:p="http://schemas.microsoft.com/office/2006/metadata/properties"/>',
        ),
        "customXml/itemProps1.xml": (
            "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
            b'<ds:datastoreItem xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"/>',
        ),
    }
    for name, (kind, content) in more.items():
        of[name] = content
        types = types.replace("</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/></Types>')
    of["[Content_Types].xml"] = types.encode()
    rels = of["_rels/.rels"].decode()
    label = '<Relationship Id="rId90" Type="http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels" Target="docMetadata/LabelInfo.xml"/>'
    of["_rels/.rels"] = rels.replace("</Relationships>", f"{label}</Relationships>").encode()


def filled_in_place(
    of: Parts,
    given: dict[str, Answer],
    rows: dict[str, dict[str, int]],
    columns: dict[str, int],
    signature: dict[str, int],
) -> None:
    """Fills a file in as a program does that keeps everything else of it."""
    for sheet in TABLES:
        part = reviews.sheet_part(of, sheet)
        xml = of[part].decode()
        for item, row in rows[sheet].items():
            answer = given.get(item)
            if answer and sheet in answer.sheets:
                for name, text in (("Decision", answer.decision), ("Justification", answer.justification)):
                    xml = _put(xml, f"{get_column_letter(columns[name])}{row}", text or "")
        of[part] = xml.encode()
    part = reviews.sheet_part(of, START)
    xml = _put(of[part].decode(), f"B{signature[reviews.SIGNED_BY]}", reviews.REVIEWER)
    of[part] = _put(xml, f"B{signature[reviews.SIGNED_ON]}", reviews.today().isoformat()).encode()


def _put(xml: str, address: str, text: str) -> str:
    held = rf'<c r="{address}"( s="\d+")?/>'
    put = f'<is><t xml:space="preserve">{escape(text)}</t></is></c>'
    changed, times = re.subn(held, lambda m: f'<c r="{address}"{m[1] or ""} t="inlineStr">{put}', xml)
    assert times == 1, address
    return changed


def by_libreoffice(files: list[Path], out: Path, profile: Path) -> None:
    """Opens files in LibreOffice and saves them anew, all in one start of it."""
    out.mkdir(parents=True, exist_ok=True)
    place = f"-env:UserInstallation={profile.as_uri()}"
    kind = "xlsx:Calc MS Excel 2007 XML"
    asked = [
        "soffice",
        place,
        "--headless",
        "--norestore",
        "--convert-to",
        kind,
        "--outdir",
        str(out),
        *map(str, files),
    ]
    ran = subprocess.run(
        asked, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL
    )
    missing = [f.name for f in files if not (out / f.name).is_file()]
    assert not missing, f"{ran.returncode}: {ran.stderr} {ran.stdout[-500:]} {missing}"


def by_exceljs(files: list[Path], out: Path) -> None:
    """Opens files in ExcelJS and saves them anew, all in one start of it."""
    asked = ["node", str(RESAVE), str(out), *map(str, files)]
    found = tool.surroundings() | {"NODE_PATH": str(tool.KIT / "node_modules")}
    ran = subprocess.run(asked, env=found, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
