"""Files that are made to hurt whoever opens them as a workbook: small ones that become
large, ones that lie about themselves, ones that are something else."""

import base64
import random
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reviews
from reviews import EVERYTHING, START, Parts

# The parts of a workbook that the program wrote, and where to put what is made of them.
Maker = Callable[[Parts, Path], Any]
REFUSED: dict[str, Maker] = {}
# What need not be refused: nothing of it may hurt.
HARMLESS: dict[str, Maker] = {}


def refused(made: Maker) -> Maker:
    """A file that must be refused."""
    REFUSED[made.__name__.replace("_", "-")] = made
    return made


def harmless(made: Maker) -> Maker:
    """A file that may be read, at no greater cost than others."""
    HARMLESS[made.__name__.replace("_", "-")] = made
    return made


def each(
    of: dict[str, Any], known: Callable[[Maker], Maker] = refused
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One maker for several values."""

    def many(made: Callable[..., Any]) -> Callable[..., Any]:
        for label, value in of.items():

            def one(parts: Parts, place: Path, value: Any = value) -> Any:
                return made(parts, place, value)

            one.__name__ = f"{made.__name__}_{label}"
            known(one)
        return made

    return many


@dataclass
class Entry:
    """A part as an archive holds it, with what the archive says of it."""

    name: str
    packed: bytes
    size: int
    crc: int
    method: int = 8
    flags: int = 0x800
    # Where to say that it begins, if not where it does.
    at: int | None = None


def deflated(name: str, content: bytes) -> Entry:
    """A part that is what it says."""
    pack = zlib.compressobj(6, zlib.DEFLATED, -15)
    return Entry(name, pack.compress(content) + pack.flush(), len(content), zlib.crc32(content))


def repeated(name: str, head: bytes, block: bytes, times: int, tail: bytes) -> Entry:
    """A part with a block many times, which is never whole here."""
    packed, crc = [], 0
    for piece, count in ((head, 1), (block, times), (tail, 1)):
        pack = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed.append((pack.compress(piece) + pack.flush(zlib.Z_FULL_FLUSH)) * count)
        for _ in range(count):
            crc = zlib.crc32(piece, crc)
    return Entry(name, b"".join(packed) + b"\x03\x00", len(head) + len(block) * times + len(tail), crc)


def archive(file: Path, entries: list[Entry], comment: bytes = b"") -> Path:
    """An archive as it is told to be."""
    directory, at = [], 0
    with file.open("wb") as out:
        for e in entries:
            name = e.name.encode()
            fields = struct.pack(
                "<HHHHHIII", 20, e.flags, e.method, 0, 0x21, e.crc, len(e.packed), min(e.size, 0xFFFFFFFF)
            )
            if e.at is None:
                start = at
                at += out.write(b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name + e.packed)
            else:
                start = e.at
            directory.append(
                b"PK\x01\x02\x14\x00"
                + fields
                + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, start)
                + name
            )
        size = sum(out.write(d) for d in directory)
        count = min(len(entries), 0xFFFF)
        if len(entries) > 0xFFFF:
            whole = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, len(entries), len(entries), size, at)
            out.write(b"PK\x06\x06" + whole + b"PK\x06\x07" + struct.pack("<IQI", 0, at + size, 1))
        end = struct.pack("<HHHHIIH", 0, 0, count, count, size, at, len(comment))
        out.write(b"PK\x05\x06" + end + comment)
    return file


def entries(of: Parts, *more: Entry) -> list[Entry]:
    """The parts, some of them replaced and some added."""
    replaced = {m.name for m in more}
    return [*(deflated(n, c) for n, c in of.items() if n not in replaced), *more]


def noise(size: int) -> bytes:
    """What does not become smaller; no character of it means anything in XML."""
    return base64.b32encode(random.Random(size).randbytes(size))


def replaced(of: Parts, part: str, old: bytes | str, new: bytes | str) -> Parts:
    """The parts with a change in one of them."""
    old, new = (v.encode() if isinstance(v, str) else v for v in (old, new))
    assert old in of[part], (part, old)
    return of | {part: of[part].replace(old, new, 1)}


def sheet(of: Parts, name: str = EVERYTHING) -> str:
    """The part of a sheet."""
    return reviews.sheet_part(of, name)


def data(of: Parts, rows: str, name: str = EVERYTHING) -> Parts:
    """The parts with other rows behind those of a sheet."""
    return replaced(of, sheet(of, name), "</sheetData>", f"{rows}</sheetData>")


def shared(of: Parts, text: str) -> tuple[Parts, int]:
    """The parts with one more shared text, and its number."""
    texts = of["xl/sharedStrings.xml"].decode()
    number = len(re.findall(r"<si\b", texts))
    more = texts.replace("</sst>", f"<si><t>{text}</t></si></sst>")
    return of | {"xl/sharedStrings.xml": more.encode()}, number


LONG = "a" * 32_767
HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


# --- What is far away, or becomes large.


@refused
def two_cells_far_apart(of: Parts, place: Path) -> Path:
    """A reader that fills in what is between them needs half a tebibyte."""
    xml = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    only = {n: c for n, c in of.items() if not n.startswith("xl/worksheets/") or n == sheet(of, START)}
    only[sheet(of, START)] = xml.encode()
    one = re.sub(rb"<sheets>(<sheet .*?/>).*</sheets>", rb"<sheets>\1</sheets>", of["xl/workbook.xml"])
    return reviews.pack(only | {"xl/workbook.xml": one}, place)


@harmless
def far_cell_in_a_sheet_of_the_review(of: Parts, place: Path) -> Path:
    return reviews.pack(data(of, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), place)


@each({"zeros": b"\0" * (1 << 20), "blanks": b" " * (1 << 20), "rows": b'<row r="9"/>' * 90_000})
def part_of_gibibytes(of: Parts, place: Path, block: bytes) -> Path:
    head, tail = of[sheet(of)].split(b"</sheetData>")
    return archive(place, entries(of, repeated(sheet(of), head, block, 3000, b"</sheetData>" + tail)))


@refused
def part_that_grows_just_under_the_usual_bounds(of: Parts, place: Path) -> Path:
    """A hundred times, and half a gibibyte of it."""
    block = b'<row r="9"><!--' + noise(400) + b"-->" + b" " * 60_000 + b"</row>"
    head, tail = of[sheet(of)].split(b"</sheetData>")
    return archive(place, entries(of, repeated(sheet(of), head, block, 12_000, b"</sheetData>" + tail)))


@each({"behind_the_rows": "</sheetData>", "before_the_rows": "<sheetData>"})
def comment_of_hundreds_of_mebibytes(of: Parts, place: Path, mark: str) -> Path:
    xml = of[sheet(of)]
    at = xml.index(mark.encode())
    block = noise(400) + b"x" * 60_000
    return archive(
        place, entries(of, repeated(sheet(of), xml[:at] + b"<!--", block, 7_000, b"-->" + xml[at:]))
    )


@refused
def attribute_of_hundreds_of_mebibytes(of: Parts, place: Path) -> Path:
    xml = of[sheet(of)]
    at = xml.index(b"<sheetData>")
    block = noise(400) + b"x" * 60_000
    return archive(
        place, entries(of, repeated(sheet(of), xml[:at] + b'<x y="', block, 7_000, b'"/>' + xml[at:]))
    )


@refused
def many_parts_of_much(of: Parts, place: Path) -> Path:
    block = noise(400) + b"x" * 60_000
    many = [repeated(f"xl/media/image{n}.xml", b"<x>", block, 900, b"</x>") for n in range(20)]
    return archive(place, entries(of, *many))


@each({"thousands": 70_000, "a_million": 1_200_000})
def many_empty_parts(of: Parts, place: Path, count: int) -> Path:
    """Of most of them there is only the line in the directory."""
    many = (Entry(f"{n:x}", b"", 0, 0, method=0, at=0) for n in range(count))
    return archive(place, [*entries(of), *many])


@each({"nowhere": 0xFFFFFFF0, "at_the_front": 0})
def many_empty_parts_behind_a_false_end(of: Parts, place: Path, at: int) -> Path:
    """The comment of the archive looks like the end of one with few parts."""
    false = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(of), len(of), 0, at, 0)
    many = (Entry(f"{n:x}", b"", 0, 0, method=0, at=0) for n in range(1_200_000))
    return archive(place, [*entries(of), *many], false)


@refused
def part_with_a_name_of_all_lengths(of: Parts, place: Path) -> Path:
    return archive(place, entries(of, deflated("xl/../" + "n" * 60_000, b"<x/>")))


@refused
def parts_that_lie_over_each_other(of: Parts, place: Path) -> Path:
    block = noise(400) + b"x" * 60_000
    first = repeated("xl/a.xml", b"<x>", block, 900, b"</x>")
    more = [Entry(f"xl/b{n}.xml", first.packed, first.size, first.crc, at=0) for n in range(400)]
    return archive(place, [first, *more, *entries(of)])


@refused
def size_that_is_said_to_be_small(of: Parts, place: Path) -> Path:
    big = repeated(sheet(of), b"<worksheet><sheetData>", b" " * (1 << 20), 2000, b"</sheetData></worksheet>")
    big.size = 100
    return archive(place, entries(of, big))


@refused
def size_that_is_said_to_be_immense(of: Parts, place: Path) -> Path:
    lie = deflated(sheet(of), b"<worksheet/>")
    lie.size = 0xFFFFFFFE
    return archive(place, entries(of, lie))


# --- What is broken, or is something else.


@each({"a_quarter": 0.25, "half": 0.5, "nearly_all": 0.97, "all_but_a_byte": 1.0})
def cut_off_after(of: Parts, place: Path, share: float) -> None:
    whole = reviews.pack(of, place).read_bytes()
    place.write_bytes(whole[: min(int(len(whole) * share), len(whole) - 1)])


@refused
def bit_flipped(of: Parts, place: Path) -> None:
    whole = bytearray(reviews.pack(of, place).read_bytes())
    at = whole.index(sheet(of).encode()) + len(sheet(of)) + 200
    whole[at] ^= 16
    place.write_bytes(whole)


@each(
    {
        "empty": b"",
        "mark_alone": b"PK\x03\x04",
        "end_alone": b"PK\x05\x06" + bytes(18),
        "zeros": bytes(5000),
        "text": b"Person,Account\nana,live\n",
    }
)
def something_else(of: Parts, place: Path, content: bytes) -> None:
    place.write_bytes(content)


@each(
    {
        "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "pdf": b"%PDF-1.7\n",
        "html": b"<html><table>",
        "xml_2003": HEAD + b"<Workbook/>",
    }
)
def another_format(of: Parts, place: Path, mark: bytes) -> None:
    place.write_bytes(mark + noise(30_000))


@refused
def opendocument(of: Parts, place: Path) -> Path:
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return reviews.pack({"mimetype": kind, "content.xml": b"<x/>", "META-INF/manifest.xml": b"<x/>"}, place)


@refused
def word_document(of: Parts, place: Path) -> Path:
    types = of["[Content_Types].xml"].replace(b"spreadsheetml.sheet.main", b"wordprocessingml.document.main")
    return reviews.pack(of | {"[Content_Types].xml": types}, place)


@refused
def script_in_front(of: Parts, place: Path) -> None:
    place.write_bytes(b"#!/bin/sh\nexit 0\n" + reviews.pack(of, place).read_bytes())


@each(
    {"types": "[Content_Types].xml", "workbook": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels"}
)
def part_missing(of: Parts, place: Path, name: str) -> Path:
    return reviews.pack({n: c for n, c in of.items() if n != name}, place)


@refused
def sheet_without_its_part(of: Parts, place: Path) -> Path:
    return reviews.pack({n: c for n, c in of.items() if n != sheet(of)}, place)


@each({"same_name": "", "other_case": "upper"})
def part_twice(of: Parts, place: Path, way: str) -> Path:
    """One reader sees the first, another the second."""
    name = sheet(of)
    second = deflated(name, of[name].replace(b"Keep", b"Remove"))
    second.name = name.upper() if way else name
    return archive(place, [*(deflated(n, c) for n, c in of.items()), second])


@each(
    {
        "parent": "../../../../tmp/x.xml",
        "absolute": "/tmp/x.xml",
        "backslash": "xl\\..\\..\\x.xml",
        "nul": "xl/x\0.xml",
    }
)
def name_that_leads_elsewhere(of: Parts, place: Path, name: str) -> Path:
    return archive(place, entries(of, deflated(name, b"<x/>")))


@each({"encrypted": (8, 0x801), "bzip2": (12, 0x800), "lzma": (14, 0x800), "unknown": (77, 0x800)})
def part_packed_in_a_way(of: Parts, place: Path, way: tuple[int, int]) -> Path:
    strange = deflated(sheet(of), of[sheet(of)])
    strange.method, strange.flags = way
    return archive(place, entries(of, strange))
