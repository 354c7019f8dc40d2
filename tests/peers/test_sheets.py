"""Workbooks and CSV lose and change no value: any text, every type, at the limits of
the format, read back by programs that others wrote."""

import csv
import datetime
import itertools
import math
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

import sheets
import tool
from sheets import Office

LOOPBACK = "http://127.0.0.1/"

TEXTS = [
    "000111222333",
    "1E5",
    "1e400",
    "0x10",
    "12345678901234567890",
    "2026-11-23",
    "3/4",
    "12:30",
    "TRUE",
    "FALSE",
    "#N/A",
    "NaN",
    "50%",
    "$5",
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "=cmd|' /C calc'!A0",
    "'quoted",
    '"double"',
    f"{LOOPBACK}page",
    "mailto:ana@example.test",
    "file:///etc/passwd",
    "\\\\server\\share",
    "internal:Sheet1!A1",
    " space at both ends ",
    "two  spaces",
    "\ttab first",
    "tab\tinside",
    "line\nbreak",
    "\nbreak first and last\n",
    "carriage\rreturn",
    "both\r\nof them",
    "nul\0inside",
    "\x1b[31mred",
    "\x7f\x85\x9b",
    "_x000D_",
    "_x005F_x000D_",
    "a_x0041_b_x0042_",
    "<b>&amp;</b>]]>",
    "<?xml?><!--",
    "\ufffe\uffff\ufeff",
    "e\u0301 \u00e9",
    "\u202eright to left\u202c",
    "\u200bzero\u200d",
    "\U0001f469\u200d\U0001f692",
    "\U0010ffff",
    "{=1+1}",
    "R1C1",
    "",
    None,
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """LibreOffice."""
    return Office(tmp_path_factory.mktemp("office"))


def test_text_is_text_in_workbooks(office: Office, tmp_path: Path) -> None:
    """Whatever it looks like, in openpyxl and in LibreOffice."""
    source = sheets.columns(tmp_path / "t.parquet", {"first": TEXTS, "second": list(reversed(TEXTS))})
    book = sheets.write(tmp_path, "xlsx", f"Text={source}").one("xlsx")
    sheets.inert(book)
    tabs = sheets.values(book)
    assert sheets.counts(tabs) == {"Text": (len(TEXTS), len(TEXTS))}
    expected = [[sheets.shown(a), sheets.shown(b)] for a, b in zip(TEXTS, reversed(TEXTS), strict=True)]
    assert tabs["Text"][1:] == expected
    read = office.cells(book, tmp_path / "office")
    assert not sheets.formulas(read)
    for row, (cells, wanted) in enumerate(zip(read["Text"][1:], expected, strict=False)):
        for cell, text in zip(cells, wanted, strict=False):
            if text is not None:
                assert cell.kind == "string", (row, cell)
                assert cell.text == text, row
    # The first tab says how many cells it does not show as they are.
    said = {row[0]: row[1] for row in tabs["About"] if row[0]}
    changed = 2 * sum(1 for t in TEXTS if t and sheets.shown(t) != t)
    assert said["Control characters"].startswith(f"{changed} cells")


def test_types_are_types_in_workbooks(office: Office, tmp_path: Path) -> None:
    """Numbers up to 15 digits, dates that every program has; the rest is text."""
    numbers = [0, -1, 999_999_999_999_998, 999_999_999_999_999, 1_000_000_000_000_000, -(10**15), 2**63 - 1]
    days = ["1900-02-27", "1900-02-28", "1900-03-01", "9999-12-30", "9999-12-31", "10000-01-01", None]
    times = [f"{d} 07:14:05.123456+00" if d else None for d in days]
    fractions = [0.1, -2.5, 1e300, 5e-324, 1 / 3, float("nan"), float("inf")]
    flags = [True, False, None, True, False, None, True]
    source = sheets.columns(
        tmp_path / "t.parquet",
        {"number": numbers, "day": days, "time": times, "fraction": fractions, "flag": flags},
        {"number": "BIGINT", "day": "DATE", "time": "TIMESTAMPTZ", "fraction": "DOUBLE", "flag": "BOOLEAN"},
    )
    book = sheets.write(tmp_path, "xlsx", f"Types={source}").one("xlsx")
    sheets.inert(book)
    tabs = sheets.values(book)
    got = [list(c) for c in zip(*tabs["Types"][1:], strict=True)]
    assert got[0] == [n if abs(n) < 10**15 else str(n) for n in numbers]
    edge = {"1900-02-27", "1900-02-28", "10000-01-01"}
    wanted = [d if d in edge else d and datetime.datetime.fromisoformat(d) for d in days]
    assert [d if d != "+10000-01-01" else "10000-01-01" for d in got[1]] == wanted
    for day, time in zip(days, got[2], strict=True):
        if day in edge:
            assert time.lstrip("+") == f"{day}T07:14:05.123456Z"
        elif day:
            # openpyxl reads milliseconds.
            assert time == datetime.datetime.fromisoformat(f"{day} 07:14:05.123")
    assert [f if isinstance(f, str) else float(f) for f in got[3]] == [0.1, -2.5, 1e300, 5e-324, 1 / 3, "NaN", "inf"]
    assert got[4] == [{True: "yes", False: "no", None: None}[f] for f in flags]
    said = {row[0]: row[1] for row in tabs["About"] if row[0]}
    assert said["Numbers as text"].startswith("3 numbers")
    assert said["Times as text"].startswith("6 times")
    read = office.cells(book, tmp_path / "office")["Types"][1:]
    kinds = [[cell.kind for cell in column] for column in zip(*(r[:4] for r in read[:7]), strict=True)]
    assert kinds[0] == ["float"] * 4 + ["string"] * 3
    assert kinds[1][:6] == ["string", "string", "date", "date", "date", "string"]
    assert [c.value for c in (r[1] for r in read[2:5])] == ["1900-03-01", "9999-12-30", "9999-12-31"]


# Limits of the format.

ROWS = 1_048_575


@pytest.mark.parametrize("count", [ROWS - 1, ROWS, ROWS + 1])
def test_rows_at_the_limit(count: int, office: Office, tmp_path: Path) -> None:
    """Rows over the limit stand on a further tab; every number is there once."""
    source = sheets.parquet(tmp_path / "r.parquet", f"SELECT range AS number FROM range({count})")
    written = sheets.write(tmp_path, "xlsx", f"Rows={source}")
    book = written.one("xlsx")
    tabs = sheets.values(book, read_only=True)
    names = ["Rows"] if count <= ROWS else ["Rows", "Rows (2)"]
    assert list(tabs) == ["About", *names]
    said = sheets.counts(tabs)
    assert said == {name: (len(tabs[name]) - 1, count) for name in names}
    numbers = itertools.chain.from_iterable(tabs[name][1:] for name in names)
    assert all(row[0] == n for n, row in enumerate(numbers))
    assert sum(here for here, _ in said.values()) == count
    if count > ROWS:
        whole = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
        office.convert(book, whole, tmp_path / "office")
        lines = [
            len((tmp_path / "office" / f"book-{name}.csv").read_text().splitlines()) for name in ("Rows", "Rows (2)")
        ]
        assert lines == [ROWS + 1, 2]


COLUMNS = 16_384


@pytest.mark.parametrize("count", [COLUMNS - 1, COLUMNS, COLUMNS + 1])
def test_columns_at_the_limit(count: int, office: Office, tmp_path: Path) -> None:
    """Columns over the limit stand on a further tab."""
    every = ", ".join(f"range * {count} + {n} AS c{n}" for n in range(count))
    source = sheets.parquet(tmp_path / "c.parquet", f"SELECT {every} FROM range(2)")
    book = sheets.write(tmp_path, "xlsx", f"Columns={source}").one("xlsx")
    tabs = sheets.values(book, read_only=True)
    names = ["Columns"] if count <= COLUMNS else ["Columns", "Columns (2)"]
    assert list(tabs) == ["About", *names]
    rows = [list(itertools.chain.from_iterable(tabs[n][row] for n in names)) for row in range(3)]
    assert rows == [
        [f"C{n}" for n in range(count)],
        list(range(count)),
        list(range(count, 2 * count)),
    ]
    assert sheets.counts(tabs) == {name: (2, 2) for name in names}
    said = {row[0]: row[1] for row in tabs["About"] if row[0]}
    if count > COLUMNS:
        assert "columns 1 to 16384" in said["Columns"]
        assert "columns 16385 to 16385" in said["Columns (2)"]
        read = office.cells(book, tmp_path / "office")
        assert read["Columns"][0][COLUMNS - 1].text == f"C{COLUMNS - 1}"
        assert read["Columns (2)"][0][0].text == f"C{COLUMNS}"


def long_values(tabs: dict[str, list[list[Any]]]) -> dict[tuple[str, int, str], str]:
    """The tab of long values, its parts put together."""
    whole: dict[tuple[str, int, str], list[str]] = {}
    for name, rows in tabs.items():
        if not name.startswith("Long values"):
            continue
        assert rows[0] == ["Sheet", "Row", "Column", "Part", "Of", "Value"]
        for sheet, row, column, part, of, value in rows[1:]:
            parts = whole.setdefault((sheet, row, column), [])
            parts.append(value)
            assert part == len(parts) <= of
    return {key: "".join(parts) for key, parts in whole.items()}


CUT = re.compile(r"… \[cut here: (\d+) characters in all, on the sheet (Long values(?: \(\d+\))?) from row (\d+)\]$")


@pytest.mark.parametrize(
    ("below", "at", "above"),
    [
        pytest.param("x" * 32_766, "x" * 32_767, "x" * 32_768, id="characters"),
        pytest.param(
            "x" + "\U0001f600" * 16_382,
            "x" + "\U0001f600" * 16_383,
            "\U0001f600" * 16_384,
            id="pairs-of-units",
        ),
        pytest.param("a\n" * 252, "a\n" * 253, "a\n" * 254, id="line-feeds"),
        pytest.param("x" * 32_766, "_x000D_" + "x" * 16_000, "_x000D_<&>" * 20_000, id="several-parts"),
    ],
)
def test_cells_at_the_limit(below: str, at: str, above: str, office: Office, tmp_path: Path) -> None:
    """A cell that is too long says so, and stands whole on a tab of its own."""
    source = sheets.columns(tmp_path / "c.parquet", {"reason": [below, at, above, "short"]})
    book = sheets.write(tmp_path, "xlsx", f"Cells={source}").one("xlsx")
    sheets.inert(book)
    tabs = sheets.values(book)
    first, second, third, last = (row[0] for row in tabs["Cells"][1:])
    assert (first, second, last) == (below, at, "short")
    cut = CUT.search(third)
    assert cut and int(cut[1]) == len(above)
    assert above.startswith(third[: cut.start()])
    assert len(third.encode("utf-16-le")) // 2 <= 32_767 and third.count("\n") <= 253
    assert long_values(tabs) == {("Cells", 4, "Reason"): above}
    assert tabs[cut[2]][int(cut[3]) - 1][:3] == ["Cells", 4, "Reason"]
    said = {row[0]: row[1] for row in tabs["About"] if row[0]}
    assert said["Long values"].startswith(f"{len(tabs['Long values']) - 1} rows. 1 cells")
    read = office.cells(book, tmp_path / "office")
    assert [row[0].text for row in read["Cells"][1:5]] == [below, at, third, "short"]
    assert "".join(row[5].text for row in read["Long values"][1:] if len(row) > 5) == above


def test_names_at_the_limit(office: Office, tmp_path: Path) -> None:
    """30, 31 and 32 characters, reserved ones, twins by case, and names that are taken."""
    titles = [
        "n" * 30,
        "n" * 31,
        "n" * 32,
        "N" * 32,
        "[a]:*?/\\b",
        "History",
        "'quoted'",
        "About",
        "Long values",
        "tab\tand\nline",
        "\U0001f600" * 16,
        "!&<>\"'x",
    ]
    source = sheets.columns(tmp_path / "n.parquet", {"text": ["x" * 40_000]})
    book = sheets.write(tmp_path, "xlsx", *(f"{t}={source}" for t in titles)).one("xlsx")
    sheets.inert(book)
    tabs = sheets.values(book)
    names = list(tabs)
    assert len(names) == len(titles) + 2
    assert len({n.lower() for n in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\]|^'|'$", name) and name.lower() != "history"
    assert names[1:3] == ["n" * 30, "n" * 31]
    assert all(tabs[n][1][0].startswith("x" * 32_000) for n in names[1:-1])
    assert {key[0] for key in long_values({names[-1]: tabs[names[-1]]})} <= set(names)
    assert list(office.cells(book, tmp_path / "office")) == names


@pytest.mark.parametrize("count", [65_529, 65_530, 65_531])
def test_links_at_the_limit(count: int, tmp_path: Path) -> None:
    """Text that looks like a link is none, however many there are."""
    source = sheets.parquet(tmp_path / "l.parquet", f"SELECT '{LOOPBACK}' || range AS page FROM range({count})")
    book = sheets.write(tmp_path, "xlsx", f"Links={source}").one("xlsx")
    sheets.inert(book)
    rows = sheets.values(book, read_only=True)["Links"][1:]
    assert [row[0] for row in rows] == [f"{LOOPBACK}{n}" for n in range(count)]


def test_styles_and_lists_are_few(tmp_path: Path) -> None:
    """64,000 styles and lists of 255 characters: neither grows with the rows."""
    words = ["critical", "high", "medium", "low", "unknown", "new", "a\nb", "x" * 100, "", None]
    query = (
        "SELECT {w}[1 + range % 10] AS severity, {w}[1 + range % 7] AS state, {w}[1 + range % 9] AS reason,"
        " NULL::VARCHAR AS decision, NULL::DATE AS decision_date FROM range({n})"
    )
    listed = "[" + ", ".join("NULL" if w is None else "'" + w + "'" for w in words) + "]"
    styles = []
    for count in (10, 70_000):
        source = sheets.parquet(tmp_path / f"{count}.parquet", query.format(w=listed, n=count))
        book = sheets.write(tmp_path / str(count), "xlsx", f"Styles={source}").one("xlsx")
        with zipfile.ZipFile(book) as opened:
            found = re.search(r'<cellXfs count="(\d+)"', opened.read("xl/styles.xml").decode())
            sheet = opened.read("xl/worksheets/sheet2.xml").decode()
        assert found
        styles.append(int(found[1]))
        lists = re.findall(r'<dataValidation type="list".*?<formula1>"(.*?)"</formula1>', sheet)
        assert lists == ["Keep,Remove,Change,Don't know"]
    assert styles[0] == styles[1] < 64_000


# CSV.


def payloads() -> list[str]:
    """What runs as a formula somewhere, behind what programs skip."""
    bodies = [
        "=1+1",
        "=SUM(A1:A9)",
        "+1+1",
        "-1+1",
        "@SUM(1+1)",
        f'=HYPERLINK("{LOOPBACK}?"&A1,"open")',
        f'=WEBSERVICE("{LOOPBACK}")',
        "=cmd|' /C calc'!A0",
        "+cmd|' /C calc'!A0",
        "@cmd|' /C calc'!A0",
        '=DDE("cmd";"/C calc";"x")',
        '=IMPORTXML("x","//a")',
        "={1,2;3,4}",
        "=-1",
        "=+1",
        "==1",
        "\uff1d1+1",
        "\uff0b1+1",
        "\uff0d1+1",
        "\uff20SUM(1)",
        "|calc",
        "%1",
    ]
    before = ["", " ", "  ", "\t", "\r", "\n", "\r\n", "\u00a0", "\ufeff", "\u200b"]
    return [b + body for body in bodies for b in before]


def test_no_payload_is_a_formula(office: Office, tmp_path: Path) -> None:
    """In every text column and every heading, after LibreOffice and once more."""
    corpus = payloads()
    assert len(corpus) >= 200
    body = {name: corpus[n:] + corpus[:n] for n, name in enumerate(("first", "second", "third"))}
    rows = sheets.columns(tmp_path / "rows.parquet", body)
    heads = sheets.columns(tmp_path / "heads.parquet", {p: ["x"] for p in corpus})
    for form, ending in (("csv", ".csv"), ("csv-excel", ".excel.csv"), ("csv-raw", ".raw.csv"), ("xlsx", ".xlsx")):
        written = sheets.write(tmp_path / form, form, f"Rows={rows}", f"Heads={heads}")
        files = [f for f in written.files if f.name.endswith(ending)]
        run = 0
        for file in files:
            plain = file.with_name(file.name.replace(".", "-").removesuffix("-csv") + ".csv")
            if ending != ".xlsx":
                file.rename(plain)
                file = plain
            out = tmp_path / "office" / form
            run += len(sheets.formulas(office.cells(file, out)))
            if form != "csv-raw":
                again = office.convert(file, "xlsx" if ending != ".xlsx" else "ods", out / "again")
                run += len(sheets.formulas(office.cells(again, out / "twice")))
        # The judge sees formulas where there are some.
        assert (run > 40) if form == "csv-raw" else (run == 0), (form, run)


def restored(text: str) -> str:
    """Text as it was: one apostrophe is taken away."""
    return text[1:] if text.startswith("'") else text


ALPHABET = "=+-@|%'\"\t\r\n ,;\0\ufeff\u200b\u00a0\uff1dAbz019.\\_é😀E/:"


def test_a_million_random_texts_round_trip(tmp_path: Path) -> None:
    """Through each form, read by Python and by DuckDB, null and empty apart."""
    count, width = 100_000, 10
    letters = "[" + ", ".join(f"chr({ord(c)})" for c in ALPHABET) + "]"
    one = (
        "CASE WHEN hash(range, {c}) % 50 = 0 THEN NULL ELSE array_to_string(list_transform("
        "range((hash(range, {c}, 'n') % 9)::BIGINT), lambda k: {l}[1 + (hash(range, {c}, k) % {n})::BIGINT]), '') END AS t{c}"
    )
    every = ", ".join(one.format(c=c, l=letters, n=len(ALPHABET)) for c in range(width))
    source = sheets.parquet(tmp_path / "m.parquet", f"SELECT {every} FROM range({count})")
    with duckdb.connect() as db:
        truth = db.sql(f"FROM '{source}'").fetchall()
    assert len({t for row in truth for t in row}) > 500_000
    for form, ending in (("csv", ".csv"), ("csv-excel", ".excel.csv"), ("csv-raw", ".raw.csv")):
        file = sheets.write(tmp_path, form, f"Rows={source}").one(ending)
        undo = str if form == "csv-raw" else restored
        encoding = "utf-8-sig" if form == "csv-excel" else "utf-8"
        with file.open(encoding=encoding, newline="") as opened:
            lines = csv.reader(opened, strict=True)
            assert [undo(name) for name in next(lines)] == [f"t{c}" for c in range(width)]
            read = [tuple(undo(field) for field in line) for line in lines]
        assert read == [tuple(t or "" for t in row) for row in truth]
        if form == "csv":
            # Nothing that begins like a formula is left.
            with file.open(encoding=encoding, newline="") as opened:
                for line in csv.reader(opened):
                    assert not any(f.lstrip(" \0\ufeff\u200b\u00a0")[:1] in tuple("=+-@|%\t\r\n＝") for f in line if f)
        with duckdb.connect() as db:
            reader = (
                "read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"',"
                " nullstr = '', allow_quoted_nulls = false, new_line = '\\r\\n', parallel = false, auto_detect = false,"
                f" columns = {{{', '.join(f't{c}: VARCHAR' for c in range(width))}}})"
            )
            again = db.execute(f"FROM {reader}", [str(file)]).fetchall()
        assert [tuple(t if t is None else undo(t) for t in row) for row in again] == truth


def test_typed_columns_are_never_touched(tmp_path: Path) -> None:
    """Negative numbers, every bit of a fraction, times to the microsecond."""
    query = """
        SELECT (hash(range) % 1000000)::BIGINT - 500000 AS number,
            CASE range % 5 WHEN 0 THEN -9223372036854775808 WHEN 1 THEN 9223372036854775807 END AS far,
            hash(range) AS unsigned,
            CASE range % 7 WHEN 0 THEN NULL WHEN 1 THEN -0.0 WHEN 2 THEN 5e-324 WHEN 3 THEN 1.7976931348623157e308
                ELSE (hash(range, 1)::DOUBLE - 9e18) / (1 + hash(range, 2) % 1000000007) END AS fraction,
            range % 3 = 0 AS flag,
            DATE '0001-01-01' + (hash(range, 3) % 3652058)::INTEGER AS day,
            make_timestamp((hash(range, 4) % 4000000000000000)::BIGINT - 2000000000000000) AT TIME ZONE 'UTC' AS time
        FROM range(100000)"""
    source = sheets.parquet(tmp_path / "t.parquet", query)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        truth = db.sql(f"SELECT * REPLACE (epoch_us(time) AS time, day::VARCHAR AS day) FROM '{source}'").fetchall()
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    for form, ending in (("csv", ".csv"), ("csv-excel", ".excel.csv"), ("csv-raw", ".raw.csv")):
        file = sheets.write(tmp_path, form, f"Rows={source}").one(ending)
        with file.open(encoding="utf-8-sig", newline="") as opened:
            lines = list(csv.reader(opened, strict=True))[1:]
        assert len(lines) == len(truth)
        for line, row in zip(lines, truth, strict=True):
            number, far, unsigned, fraction, flag, day, time = line
            assert int(number) == row[0] and int(unsigned) == row[2] and day == row[5]
            assert (int(far) if far else None) == row[1]
            assert (row[3] is None) == (fraction == "")
            if fraction:
                assert struct.pack("d", float(fraction)) == struct.pack("d", row[3])
            assert flag == ("true" if row[4] else "false")
            assert (datetime.datetime.fromisoformat(time) - epoch) // datetime.timedelta(microseconds=1) == row[6]


# Reports.


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of a small organisation, as the program writes them."""
    place = tmp_path_factory.mktemp("demo")
    ran = tool.call("demo", "--from-files", "--size", "tiny", "--seed", "7", "--out", str(place / "demo"))
    assert ran.returncode in (0, 1), ran.stderr
    return place / "demo"


def workbooks(demo: Path) -> list[Path]:
    """Every workbook below a folder."""
    found = sorted(p for p in demo.rglob("*.xlsx") if not p.name.startswith("~"))
    assert found
    return found


def test_workbooks_of_reports_open_clean(demo: Path, office: Office, tmp_path: Path) -> None:
    """No formula; frozen headings and filters; account ids are text, dates are dates."""
    accounts = filtered = dates = 0
    for book in workbooks(demo):
        sheets.inert(book)
        with zipfile.ZipFile(book) as parts:
            for part in (n for n in parts.namelist() if n.startswith("xl/worksheets/sheet")):
                rows = re.findall(rb'<row r="(\d+)"', parts.read(part))
                assert len(rows) == len(set(rows)), f"{part} of {book.name} has a row twice"
        opened = sheets.openpyxl.load_workbook(book)
        for tab in opened.worksheets:
            if tab.auto_filter.ref:
                filtered += 1
                assert tab.freeze_panes == "A2", f"{tab.title} of {book.name}"
            for row in tab.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    dates += isinstance(cell.value, datetime.datetime)
                    if isinstance(cell.value, str) and re.fullmatch(r"\d{12}", cell.value):
                        accounts += 1
                    assert not isinstance(cell.value, int | float) or abs(cell.value) < 10**11, cell
    assert accounts > 100
    assert filtered > 20
    assert dates > 100
    whole = next(p for p in workbooks(demo) if p.name == "access-review.xlsx")
    assert not sheets.formulas(office.cells(whole, tmp_path))


def test_workbook_and_csv_say_the_same(demo: Path) -> None:
    """Cell by cell, for every report that is written in both."""
    compared = 0
    for book in workbooks(demo):
        tabs = sheets.values(book)
        if "About" not in tabs:
            continue
        for name, (here, total) in sheets.counts(tabs).items():
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
            file = book.with_name(f"{book.stem}-{slug}.csv")
            assert len(tabs[name]) - 1 == here == total
            if not file.exists():
                continue
            with file.open(encoding="utf-8", newline="") as opened:
                heads, *lines = csv.reader(opened, strict=True)
            assert len(lines) == here
            assert len(tabs[name][0]) == len(heads)
            for line, row in zip(lines, tabs[name][1:], strict=True):
                for text, value in zip(line, row, strict=True):
                    assert same(restored(text), value), (book.name, name, text, value)
                    compared += 1
    assert compared > 1_000


def same(text: str, value: Any) -> bool:
    """Whether a cell holds what a field of CSV says."""
    match value:
        case None:
            return text == ""
        case datetime.datetime():
            read = datetime.datetime.fromisoformat(text).replace(tzinfo=None)
            return abs(read - value) < datetime.timedelta(milliseconds=1)
        case bool():
            return False
        case int() | float():
            return math.isclose(float(text), value, rel_tol=0)
        case "yes" | "no" if text in ("true", "false"):
            return (text == "true") == (value == "yes")
        case _:
            return sheets.shown(text) == value


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """On one thread and on four, in another time zone."""
    source = sheets.parquet(
        tmp_path / "s.parquet",
        "SELECT 'row ' || range AS text, range AS number, repeat('x', CASE WHEN range % 1000 = 0 THEN 40000 ELSE 100 END) AS long FROM range(60000)",
    )
    bytes_of = []
    for around in ({"POLARS_MAX_THREADS": "1", "TZ": "UTC"}, {"POLARS_MAX_THREADS": "4", "TZ": "Pacific/Auckland"}):
        written = sheets.write(tmp_path / around["TZ"][:3], "xlsx,csv,json", f"Same={source}", environment=around)
        bytes_of.append([f.read_bytes() for f in written.files])
    assert bytes_of[0] == bytes_of[1]


def test_a_million_rows_take_the_memory_of_few(tmp_path: Path) -> None:
    """Twelve columns, from file to file, in at most 128 MiB."""
    source = sheets.parquet(tmp_path / "m.parquet", sheets.ACCESS.format(rows=1_000_000), group=16_384)
    written = sheets.write(tmp_path, "xlsx", f"Rows={source}")
    assert written.peak_kib <= 128 * 1024
    with zipfile.ZipFile(written.one("xlsx")) as book, book.open("xl/worksheets/sheet2.xml") as sheet:
        assert sheet.read().count(b"<row ") == 1_000_001


def test_parts_of_a_split_report_are_the_whole(tmp_path: Path) -> None:
    """One workbook per owner: each row of the whole is in exactly one of them."""
    query = """
        SELECT CASE WHEN range % 11 = 0 THEN NULL ELSE ['ana', 'Ana', 'a/na', '=1+1', ''][1 + range % 5] END
            AS application_owner, range AS number, repeat('long text ', 20) AS filler FROM range(100000)"""
    source = sheets.parquet(tmp_path / "s.parquet", query)
    written = sheets.write(tmp_path, "xlsx", "split=application_owner", f"Access={source}")
    parts = [f for f in written.files if f.parent.name == "book-by-application-owner"]
    assert len(parts) == 6
    numbers: list[int] = []
    for part in parts:
        tabs = sheets.values(part, read_only=True)
        assert len({row[0] for row in tabs["Access"][1:]}) == 1
        assert sheets.counts(tabs)["Access"] == (len(tabs["Access"]) - 1,) * 2
        numbers.extend(row[1] for row in tabs["Access"][1:])
    assert sorted(numbers) == list(range(100_000))
