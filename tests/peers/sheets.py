"""Rows of any value into the formats of reports, and programs that read them back:
DuckDB makes the rows, openpyxl, LibreOffice and the csv of Python read the files."""

import contextlib
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

ROOT = Path(__file__).parents[2]
# A million rows pass through LibreOffice in a minute.
LIMIT = 900


def writer() -> Path:
    """The example program that hands rows of files to the formats."""
    if named := os.environ.get("COUNTERSIGN_BOOK"):
        return Path(named)
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/examples/book"
    if not built.exists():
        subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "book"], cwd=ROOT, check=True)
    return built


@dataclass
class Written:
    """Files that were written, and what it took."""

    folder: Path
    files: list[Path]
    seconds: float
    peak_kib: int

    def one(self, ending: str) -> Path:
        """The file of the first sheet, or the workbook."""
        found = [f for f in self.files if f.name.endswith(ending) and "-about" not in f.name]
        return found[0]


def write(folder: Path, formats: str, *files: str, environment: dict[str, str] | None = None) -> Written:
    """Writes `TITLE=FILE.parquet` in formats."""
    folder.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        [writer(), folder, formats, *files],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    *paths, last = ran.stdout.splitlines()
    seconds, peak = last.split()
    return Written(folder, [Path(p) for p in paths], float(seconds), int(peak))


def parquet(path: Path, query: str, group: int = 122_880) -> Path:
    """The rows of a query as a Parquet file, in its order, in groups of some rows."""
    with contextlib.closing(duckdb.connect()) as db:
        db.execute("SET threads = 1; SET TimeZone = 'UTC'")
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {group})")
    return path


def columns(path: Path, named: dict[str, list[Any]], kinds: dict[str, str] | None = None) -> Path:
    """Columns of values as a Parquet file; text unless said otherwise."""
    kinds = kinds or {}
    with contextlib.closing(duckdb.connect()) as db:
        db.execute("SET TimeZone = 'UTC'")

        def quoted(name: str) -> str:
            return '"' + name.replace('"', '""') + '"'

        parts = []
        for place, (name, values) in enumerate(named.items()):
            db.execute(f"SET VARIABLE v{place} = ?", [values])
            kind = kinds.get(name, "VARCHAR")
            parts.append(f"unnest(CAST(getvariable('v{place}') AS {kind}[])) AS {quoted(name)}")
        db.execute(f"COPY (SELECT {', '.join(parts)}) TO '{path}' (FORMAT parquet)")
    return path


def shown(text: str | None) -> str | None:
    """What a workbook shows of text, by the words of the documentation."""
    if not text:
        return None
    text = text.replace("\r\n", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f]", lambda m: chr(0x2400 + ord(m[0])), text)
    return text.replace("\ufffe", "[U+FFFE]").replace("\uffff", "[U+FFFF]")


# Workbooks, as openpyxl reads them.


def values(path: Path, **options: Any) -> dict[str, list[list[Any]]]:
    """Every cell of every tab, headings included."""
    book = openpyxl.load_workbook(path, **options)
    try:
        return {tab.title: [list(row) for row in tab.iter_rows(values_only=True)] for tab in book.worksheets}
    finally:
        book.close()


COUNT = re.compile(r"(\d+)(?: of (\d+))? rows")


def counts(tabs: dict[str, list[list[Any]]]) -> dict[str, tuple[int, int]]:
    """What the first tab says of the rows of each: here, and in all."""
    said = {}
    for label, text, *_ in tabs["About"]:
        found = COUNT.match(text) if isinstance(text, str) else None
        if found and label in tabs:
            here = int(found[1])
            said[label] = (here, int(found[2] or here))
    return said


def inert(path: Path) -> None:
    """No formula, link, macro or anything from outside is in a workbook."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        for name in book.namelist():
            assert not re.search(r"vba|external|activeX|embed|connections|queryTable|ctrlProp", name, re.I), name
            if name.endswith(".rels"):
                text = book.read(name).decode()
                assert "TargetMode" not in text and "hyperlink" not in text, text
            if name.startswith("xl/worksheets/sheet"):
                with book.open(name) as sheet:
                    before = b""
                    while block := sheet.read(1 << 20):
                        part = before + block
                        assert not re.search(rb"<f[ >/]|<hyperlink|<legacyDrawing|<oleObject", part), name
                        before = part[-32:]


# LibreOffice.


@dataclass
class Cell:
    """A cell as LibreOffice has it."""

    kind: str | None
    text: str
    formula: str | None
    value: str | None = None


@dataclass
class Office:
    """LibreOffice without a window, with a profile of its own."""

    profile: Path
    program: str = field(default_factory=lambda: shutil.which("soffice") or "")

    def convert(self, path: Path, to: str, out: Path) -> Path:
        """Opens a file and saves it in another format."""
        assert self.program, "there is no soffice (Debian: libreoffice-calc); not judged therefore: workbooks"
        out.mkdir(parents=True, exist_ok=True)
        ran = subprocess.run(
            [
                self.program,
                f"-env:UserInstallation={self.profile.as_uri()}",
                "--headless",
                "--convert-to",
                to,
                "--outdir",
                out,
                path,
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        made = out / f"{path.stem}.{to.split(':')[0]}"
        assert ran.returncode == 0 and (made.exists() or ":" in to), ran.stderr + ran.stdout
        return made

    def cells(self, path: Path, out: Path) -> dict[str, list[list[Cell]]]:
        """Every cell of every tab of whatever it can open."""
        flat = path if path.suffix == ".fods" else self.convert(path, "fods", out)
        return dict(tables(flat))


OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def tables(path: Path) -> Iterator[tuple[str, list[list[Cell]]]]:
    """Tables of a flat document, without what is repeated to its end."""
    for _, table in ET.iterparse(path):
        if table.tag != f"{TABLE}table":
            continue
        rows: list[list[Cell]] = []
        for row in table.iter(f"{TABLE}table-row"):
            cells: list[Cell] = []
            for cell in row:
                if cell.tag != f"{TABLE}table-cell":
                    continue
                again = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
                has = cell.get(f"{OFFICE}value-type")
                kept = again if has or again < 100 else 1
                value = cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}date-value")
                read = Cell(has, text_of(cell), cell.get(f"{TABLE}formula"), value)
                cells.extend([read] * kept)
            again = int(row.get(f"{TABLE}number-rows-repeated", "1"))
            rows.extend([cells] * (again if any(c.kind for c in cells) else 1))
        yield table.get(f"{TABLE}name", ""), rows
        table.clear()


def text_of(cell: ET.Element) -> str:
    """The paragraphs of a cell, with the spaces and breaks that are elements."""

    def of(element: ET.Element) -> str:
        parts = [element.text or ""]
        for child in element:
            if child.tag == f"{TEXT}s":
                parts.append(" " * int(child.get(f"{TEXT}c", "1")))
            elif child.tag == f"{TEXT}tab":
                parts.append("\t")
            elif child.tag == f"{TEXT}line-break":
                parts.append("\n")
            else:
                parts.append(of(child))
            parts.append(child.tail or "")
        return "".join(parts)

    return "\n".join(of(p) for p in cell.findall(f"{TEXT}p"))


def formulas(tabs: dict[str, list[list[Cell]]]) -> list[Cell]:
    """Cells that are run."""
    return [cell for rows in tabs.values() for row in rows for cell in row if cell.formula is not None]
