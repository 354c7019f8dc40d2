"""Workbooks whose parts are made to hurt: declarations, depth, numbers, texts that are
there once and meant often; and arguments that are no file."""

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import reviews
from bombs import (
    HEAD,
    LONG,
    MAIN,
    archive,
    data,
    each,
    entries,
    harmless,
    noise,
    refused,
    repeated,
    replaced,
    shared,
    sheet,
)
from reviews import EVERYTHING, PRIVILEGED, START, Parts

# --- XML.

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
DECLARED = {
    "laughs": f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>',
    "quadratic": f'<!DOCTYPE x [<!ENTITY a9 "{"a" * 100_000}">]>',
    "file": '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
    "address": '<!DOCTYPE x [<!ENTITY a9 SYSTEM "http://127.0.0.1:9/x">]>',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>',
    "lower_case": "<!doctype x>",
}


def _declared(of: Parts, part: str, declaration: str) -> Parts:
    xml = of[part].decode()
    head, _, rest = xml.partition("?>")
    return of | {part: f"{head}?>{declaration}{rest}".encode()}


@each(DECLARED)
def declared_in_texts(of: Parts, place: Path, declaration: str) -> Path:
    texts = _declared(of, "xl/sharedStrings.xml", declaration)
    return reviews.pack(shared(texts, "&a9;" * 1000 if "a9" in declaration else "x")[0], place)


@each(
    {
        "book": "xl/workbook.xml",
        "relations": "xl/_rels/workbook.xml.rels",
        "types": "[Content_Types].xml",
        "styles": "xl/styles.xml",
        "properties": "docProps/core.xml",
    }
)
def declared_in_the(of: Parts, place: Path, part: str) -> Path:
    return reviews.pack(_declared(of, part, DECLARED["file"]), place)


@refused
def declared_in_a_sheet(of: Parts, place: Path) -> Path:
    return reviews.pack(_declared(of, sheet(of), DECLARED["laughs"]), place)


@each({"sheet": EVERYTHING, "record": "Campaign"})
def utf_16(of: Parts, place: Path, name: str) -> Path:
    """What looks for names byte by byte does not find them."""
    xml = of[sheet(of, name)].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    return reviews.pack(of | {sheet(of, name): xml.encode("utf-16")}, place)


@each({"rows": (b"<row>", 4_000_000), "anything": (b"<a>", 600_000)}, harmless)
@each({"cells": (b"<c>", 6_000_000)})
def deep_in_a_sheet(of: Parts, place: Path, what: tuple[bytes, int]) -> Path:
    element, times = what
    xml = of[sheet(of)]
    at = xml.index(b"</sheetData>")
    block = (element * 2000) + b"<!--" + noise(100) + b"-->"
    return archive(place, entries(of, repeated(sheet(of), xml[:at], block, times // 2000, xml[at:])))


@each({"workbook": "xl/workbook.xml", "styles": "xl/styles.xml"})
def deep_in(of: Parts, place: Path, part: str) -> Path:
    xml = of[part]
    at = xml.rindex(b"</")
    block = b"<a>" * 5000 + b"<!--" + noise(200) + b"-->"
    return archive(place, entries(of, repeated(part, xml[:at], block, 3000, xml[at:])))


@each(
    {
        "bytes": b"\xff\xfe\xc3",
        "overlong": b"\xc0\x80",
        "surrogate": b"\xed\xa0\x80",
        "nul": b"\0",
        "nul_by_number": b"&#0;",
        "surrogate_by_number": b"&#xD800;",
        "unknown_entity": b"&nothing;",
        "no_end": b"<t",
    }
)
def text_that_is_none(of: Parts, place: Path, content: bytes) -> Path:
    number = len(of["xl/sharedStrings.xml"].split(b"<si>"))
    part = replaced(of, "xl/sharedStrings.xml", "</sst>", b"<si><t>" + content + b"</t></si></sst>")
    assert number
    return reviews.pack(part, place)


@each({"sheet": EVERYTHING, "privileged": PRIVILEGED, "start": START})
def sheet_that_stops(of: Parts, place: Path, name: str) -> Path:
    xml = of[sheet(of, name)]
    return reviews.pack(of | {sheet(of, name): xml[: len(xml) * 2 // 3]}, place)


# --- Numbers of rows, cells, texts and formats.


@each(
    {
        "negative": "-5",
        "none": "0",
        "behind_the_last": "1048577",
        "no_number": "x",
        "hexadecimal": "0x9",
    }
)
def row_number(of: Parts, place: Path, number: str) -> Path:
    return reviews.pack(
        data(of, f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>x</t></is></c></row>'), place
    )


@each(
    {
        "row_none": "A0",
        "behind_the_last_row": "A1048577",
        "behind_the_last_column": "XFE9999",
        "turned_around": "9A",
        "no_row": "A",
        "accented": "\u00c19",
    }
)
@each({"wraps": "ZZZZZZZZZZ9999", "wraps_down": "A4294967299", "long": f"A{'9' * 30}"}, harmless)
def cell_reference(of: Parts, place: Path, reference: str) -> Path:
    return reviews.pack(
        data(of, f'<row r="9999"><c r="{reference}" t="inlineStr"><is><t>x</t></is></c></row>'), place
    )


@each(
    {
        "all": "A1:XFD1048576",
        "turned_around": "XFD1048576:A1",
        "one": "A1",
        "wraps": "A1:ZZZZZZZZZZ99999999999999",
    },
    harmless,
)
def dimension(of: Parts, place: Path, ref: str) -> Path:
    xml = re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{ref}"'.encode(), of[sheet(of)])
    assert xml != of[sheet(of)]
    return reviews.pack(of | {sheet(of): xml}, place)


@each({"words": "everything", "three": "A1:B2:C3"})
def dimension_that_is_none(of: Parts, place: Path, ref: str) -> Path:
    return dimension(of, place, ref)  # type: ignore[no-any-return]


ANNOUNCED = {
    "large": 'uniqueCount="4000000000"',
    "huge": f'uniqueCount="{1 << 62}"',
    "behind_a_long_tag": f'{" " * 600}uniqueCount="40000000000"',
    "behind_another": 'uniqueCounter="1" uniqueCount="40000000000"',
    "in_a_comment_first": 'x="uniqueCount 1" uniqueCount="40000000000"',
}


@each(ANNOUNCED)
def texts_announced(of: Parts, place: Path, words: str) -> Path:
    """A reader makes room for as many as there are said to be."""
    texts = re.sub(
        rb'<sst([^>]*?) uniqueCount="\d+"', rf"<sst\1 {words}".encode(), of["xl/sharedStrings.xml"]
    )
    assert texts != of["xl/sharedStrings.xml"]
    return reviews.pack(of | {"xl/sharedStrings.xml": texts}, place)


@refused
def many_short_texts(of: Parts, place: Path) -> Path:
    block = b"<si><t>" + noise(10) + b"</t></si>"
    block = block * 2000
    return archive(
        place,
        entries(
            of,
            repeated("xl/sharedStrings.xml", HEAD + f'<sst xmlns="{MAIN}">'.encode(), block, 1100, b"</sst>"),
        ),
    )


@harmless
def texts_just_under_the_bound(of: Parts, place: Path) -> Path:
    block = b"<si><t>abcdefghij</t></si>" * 2000
    more = of["xl/sharedStrings.xml"].removesuffix(b"</sst>")
    return archive(place, entries(of, repeated("xl/sharedStrings.xml", more, block, 950, b"</sst>")))


@harmless
def file_that_is_not_packed(of: Parts, place: Path) -> Path:
    """Sixty mebibytes of texts, in the file and again in memory."""
    more = of["xl/sharedStrings.xml"].removesuffix(b"</sst>")
    text = b"<si><t>" + b"b" * 18 + b"</t></si>"
    of = of | {"xl/sharedStrings.xml": more + text * 1_600_000 + b"</sst>"}
    return reviews.pack(of, place, zipfile.ZIP_STORED)


@each({"out_of_range": "99999999", "negative": "-1", "fraction": "1.5", "word": "x"}, harmless)
def index_of_a_text(of: Parts, place: Path, number: str) -> Path:
    return reviews.pack(data(of, f'<row r="9999"><c r="A9999" t="s"><v>{number}</v></c></row>'), place)


@refused
def a_million_formats(of: Parts, place: Path) -> Path:
    xml = of["xl/styles.xml"]
    at = xml.index(b"</cellXfs>")
    block = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>' * 1000 + b"<!--" + noise(400) + b"-->"
    return archive(place, entries(of, repeated("xl/styles.xml", xml[:at], block, 1000, xml[at:])))


@harmless
def formats_with_one_long_font(of: Parts, place: Path) -> Path:
    """A reader that copies the font into every format needs tens of gibibytes."""
    styles = of["xl/styles.xml"].decode()
    fonts = styles.replace("</fonts>", f'<font><sz val="11"/><name val="{"f" * 500_000}"/></font></fonts>')
    count = len(re.findall("<font>", styles.partition("</fonts>")[0]))
    many = fonts.replace(
        "</cellXfs>", f'<xf numFmtId="0" fontId="{count}" fillId="0" borderId="0"/>' * 30_000 + "</cellXfs>"
    )
    return reviews.pack(of | {"xl/styles.xml": many.encode()}, place)


@harmless
def formats_with_one_long_number_format(of: Parts, place: Path) -> Path:
    styles = of["xl/styles.xml"].decode()
    own = f'<numFmt numFmtId="999" formatCode="{"0" * 500_000}"/></numFmts>'
    styles = (
        styles.replace("</numFmts>", own)
        if "</numFmts>" in styles
        else styles.replace("<fonts", f'<numFmts count="1">{own}<fonts', 1)
    )
    many = styles.replace(
        "</cellXfs>", '<xf numFmtId="999" fontId="0" fillId="0" borderId="0"/>' * 30_000 + "</cellXfs>"
    )
    return reviews.pack(of | {"xl/styles.xml": many.encode()}, place)


@harmless
def a_million_names(of: Parts, place: Path) -> Path:
    book = of["xl/workbook.xml"].replace(b"<definedNames>", b"").replace(b"</definedNames>", b"")
    at = book.index(b"</workbook>")
    block = b"".join(b'<definedName name="n">x</definedName>' for _ in range(1000))
    return archive(
        place,
        entries(
            of,
            repeated(
                "xl/workbook.xml", book[:at] + b"<definedNames>", block, 900, b"</definedNames>" + book[at:]
            ),
        ),
    )


@refused
def many_sheets_that_are_one(of: Parts, place: Path) -> Path:
    """Each is read on its own: a part of some mebibytes becomes hours."""
    relation = re.search(rf'<sheet name="{EVERYTHING}"[^>]*r:id="([^"]+)"'.encode(), of["xl/workbook.xml"])
    assert relation
    more = "".join(
        f'<sheet name="{EVERYTHING} ({n})" sheetId="{n + 100}" r:id="{relation[1].decode()}"/>'
        for n in range(2, 3000)
    )
    large = data(of, "".join(f'<row r="{n}"/>' for n in range(10_000, 110_000)))
    return reviews.pack(replaced(large, "xl/workbook.xml", "</sheets>", f"{more}</sheets>"), place)


@refused
def very_many_sheets(of: Parts, place: Path) -> Path:
    relation = re.search(rf'<sheet name="{EVERYTHING}"[^>]*r:id="([^"]+)"'.encode(), of["xl/workbook.xml"])
    assert relation
    more = "".join(
        f'<sheet name="{n}" sheetId="{n}" r:id="{relation[1].decode()}"/>' for n in range(100, 200_000)
    )
    return reviews.pack(replaced(of, "xl/workbook.xml", "</sheets>", f"{more}</sheets>"), place)


# --- A text that is there once and meant often.


def _column(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@harmless
def long_text_in_every_cell_of_a_row(of: Parts, place: Path) -> Path:
    of, text = shared(of, LONG)
    cells = "".join(f'<c r="{_column(n)}9999" t="s"><v>{text}</v></c>' for n in range(1, 16_385))
    return reviews.pack(data(of, f'<row r="9999">{cells}</row>'), place)


@harmless
def long_text_in_every_heading(of: Parts, place: Path) -> Path:
    of, text = shared(of, LONG)
    cells = "".join(f'<c r="{_column(n)}1" t="s"><v>{text}</v></c>' for n in range(60, 16_385))
    part = sheet(of)
    xml = re.sub(
        rb'(<row r="1"[^>]*>.*?)</row>',
        lambda m: m[1] + cells.encode() + b"</row>",
        of[part],
        count=1,
        flags=re.S,
    )
    return reviews.pack(of | {part: xml}, place)


@harmless
def long_text_in_many_foreign_rows(of: Parts, place: Path) -> Path:
    of, text = shared(of, LONG)
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{text}</v></c><c r="B{n}" t="s"><v>{text}</v></c><c r="Y{n}" t="s"><v>{text}</v></c></row>'
        for n in range(5000, 65_000)
    )
    return reviews.pack(data(of, rows), place)


def _again(of: Parts, times: int, column: str, cell: Callable[[str], str]) -> Parts:
    """The second row of a sheet many times, with another cell in one column."""
    part = sheet(of)
    found = re.search(rb'<row r="2"[^>]*>.*?</row>', of[part], flags=re.S)
    assert found
    row = found[0].decode()
    plain, changed = re.subn(rf'<c r="{column}2"[^>]*?(/>|>.*?</c>)', "@", row, flags=re.S)
    assert changed == 1
    pattern = plain.replace("@", cell("{}"))
    pattern = re.sub(r'r="([A-Z]*)2"', r'r="\g<1>{}"', pattern)
    return data(of, "".join(pattern.replace("{}", str(n)) for n in range(5000, 5000 + times)))


@harmless
def long_reason_in_many_rows(of: Parts, place: Path) -> Path:
    of, text = shared(of, LONG)
    return reviews.pack(_again(of, 20_000, "E", lambda n: f'<c r="E{n}" t="s"><v>{text}</v></c>'), place)


@harmless
def long_text_for_a_fact_of_many_rows(of: Parts, place: Path) -> Path:
    of, text = shared(of, LONG)
    return reviews.pack(_again(of, 20_000, "A", lambda n: f'<c r="A{n}" t="s"><v>{text}</v></c>'), place)


@harmless
def links_by_the_thousand(of: Parts, place: Path) -> Path:
    part = sheet(of)
    rels = f"xl/worksheets/_rels/{part.rpartition('/')[2]}.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    all_of_them = "".join(
        f'<Relationship Id="r{n}" Type="{kind}" Target="https://example.test/{n}/{"x" * 60}" TargetMode="External"/>'
        for n in range(15_000)
    )
    return reviews.pack(of | {rels: f"<Relationships>{all_of_them}</Relationships>".encode()}, place)


# --- What is no file.


@refused
def folder(of: Parts, place: Path) -> None:
    place.mkdir()


@refused
def pipe(of: Parts, place: Path) -> None:
    """Nobody ever writes into it."""
    os.mkfifo(place)


@refused
def link_to_nothing(of: Parts, place: Path) -> None:
    place.symlink_to(place.parent / "nothing")


@refused
def link_to_itself(of: Parts, place: Path) -> None:
    place.symlink_to(place)


@refused
def link_to_a_device(of: Parts, place: Path) -> None:
    place.symlink_to("/dev/zero")


@refused
def nothing(of: Parts, place: Path) -> None:
    """There is no such file."""


@refused
def larger_than_any_workbook(of: Parts, place: Path) -> None:
    with place.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.truncate(1 << 40)


@harmless
def link_to_a_workbook(of: Parts, place: Path) -> None:
    place.symlink_to(reviews.pack(of, place.with_suffix(".real")))


# --- Values.


@each(
    {
        "nan": "NaN",
        "infinite": "INF",
        "over": "1e999",
        "under": "-1e999",
        "words": "12 monkeys",
        "much": "1e308",
        "negative_zero": "-0",
    },
    harmless,
)
def number(of: Parts, place: Path, value: str) -> Path:
    """In place of a day, and of a time."""
    place_of = {"W": value, "AF": value}
    part, xml = sheet(of), of[sheet(of)].decode()
    for column, text in place_of.items():
        xml = re.sub(
            rf'<c r="{column}2"( s="\d+")?[^>]*?(/>|>.*?</c>)',
            rf'<c r="{column}2"\1><v>{text}</v></c>',
            xml,
            flags=re.S,
        )
    return reviews.pack(of | {part: xml.encode()}, place)


@each({"one_too_many": 32_768, "a_mebibyte": 1 << 20}, harmless)
def text_longer_than_a_cell(of: Parts, place: Path, length: int) -> Path:
    """It must not be kept as if what was cut off had never been there."""
    part, xml = sheet(of), of[sheet(of)].decode()
    long = f't="inlineStr"><is><t>{"r" * length}</t></is></c>'
    xml = re.sub(r'<c r="E2"( s="\d+")?[^>]*?(/>|>.*?</c>)', rf'<c r="E2"\1 {long}', xml, count=1, flags=re.S)
    xml = re.sub(
        r'<c r="D2"( s="\d+")?[^>]*?(/>|>.*?</c>)',
        r'<c r="D2"\1 t="inlineStr"><is><t>Change</t></is></c>',
        xml,
        count=1,
        flags=re.S,
    )
    return reviews.pack(of | {part: xml.encode()}, place)


@each(
    {
        "sheet": "xl/worksheets/_rels/sheet4.xml.rels",
        "package": "_rels/x.rels",
        "of_itself": "xl/_rels/workbook.xml.rels.rels",
    },
    harmless,
)
def relations_in_a_circle(of: Parts, place: Path, name: str) -> Path:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    circle = f'<Relationships><Relationship Id="rId1" Type="{kind}" Target="/{name}"/><Relationship Id="rId2" Type="{kind}" Target="/xl/workbook.xml"/></Relationships>'
    return reviews.pack(of | {name: circle.encode()}, place)


@each({"book": "workbook.xml", "relations": "_rels/workbook.xml.rels", "texts": "sharedStrings.xml"})
def sheet_that_is_the(of: Parts, place: Path, target: str) -> Path:
    part = sheet(of).removeprefix("xl/")
    return reviews.pack(replaced(of, "xl/_rels/workbook.xml.rels", part, target), place)
