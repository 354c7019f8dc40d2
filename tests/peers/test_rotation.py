"""The sheets of the rotation report on DuckDB: what the card judges is what another
engine finds in the same files."""

import json
import re
from pathlib import Path

import openpyxl
import pytest

import browser as browsers
import engines
import second_engine
import tool
from engines import Pair, RawRows
from second_engine import QUERIES, SecondEngine, fold

REPORT = QUERIES.parent / "reports" / "pre-rotation.sql"
STORES = ("secretsmanager", "entra", "github", "auth0", "iam")
# Checks are judged by the program; findings are those of a check.
OF_THE_PROGRAM = {"Checks", "Findings"}
SECRETS = (
    "entra/aws-sync-provisioning",
    "entra/aws-broker-sign-in",
    "entra/aws-two-keys",
    "secretsmanager/000000000042/identity/half-rotated",
    "secretsmanager/000000000042/identity/removed",
    "github/example-org/SYNC_APP_KEY",
    "iam/000000000042/deploy",
    "auth0/aws-sign-in",
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An organisation with rotations in every state."""
    return engines.demo(tmp_path_factory.mktemp("rotation"), 0)


@pytest.fixture(scope="module")
def raw(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> RawRows:
    """Rules that hand out rows."""
    return RawRows(tmp_path_factory.mktemp("raw"), pair)


def sheets() -> dict[str, str]:
    """Every sheet of the report with its query."""
    parts = re.split(r"^-- ## (.+)\n", REPORT.read_text(), flags=re.M)[1:]
    plain = [re.sub(r"^--.*\n", "", sql, flags=re.M).strip() for sql in parts[1::2]]
    return dict(zip(parts[::2], plain, strict=True))


def chain(engine: SecondEngine, secret: str) -> None:
    """Puts what belongs to a secret where the sheets look for it."""
    _, rows = engine.rows("SELECT registered_secret, consumer FROM registered_secret")
    links = [(str(a[1]), b[1]) for a, b in rows if a[1] is not None]
    is_secret = [(a, str(b)) for a, b in links if b and str(b).split("/")[0] in STORES and "/" in str(b)]
    down, up = {fold(secret): secret}, {fold(secret): secret}
    for _ in links:
        down |= {fold(b): b for a, b in is_secret if fold(a) in down}
        up |= {fold(a): a for a, b in links if b and fold(str(b)) in up}
    members = down | up
    users = {str(b) for a, b in links if b and fold(a) in members} - {b for _, b in is_secret}
    _, tokens = engine.rows("SELECT DISTINCT registered_secret_folded FROM credential WHERE kind = 'token'")
    issuing = {str(t[0][1]) for t in tokens}
    engine.table(
        "rotation_member",
        "role VARCHAR, secret VARCHAR, secret_folded VARCHAR, store VARCHAR, account_id VARCHAR",
        [
            {
                "role": "issuer" if name.split("/")[0] in ("entra", "auth0", "iam") or folded in issuing else "store",
                "secret": name,
                "secret_folded": folded,
                "store": name.split("/")[0],
                "account_id": name.split("/")[1] if name.split("/")[0] in ("secretsmanager", "iam") else None,
            }
            for folded, name in members.items()
        ],
    )
    _, named = engine.rows("SELECT registered_secret, owner FROM registered_secret WHERE owner IS NOT NULL")
    owners = {str(owner[1]) for secret, owner in named if fold(str(secret[1])) in members}
    engine.table(
        "rotation_owner",
        "owner VARCHAR, owner_folded VARCHAR",
        [{"owner": owner, "owner_folded": fold(owner)} for owner in sorted(owners)],
    )
    kinds = ("sync", "connection")
    engine.table(
        "rotation_consumer",
        "consumer VARCHAR, consumer_folded VARCHAR, kind VARCHAR, name VARCHAR, name_folded VARCHAR",
        [
            {
                "consumer": user,
                "consumer_folded": fold(user),
                "kind": user.split("/")[0] if user.split("/")[0] in kinds else "any",
                "name": (name := user.split("/", 1)[1] if user.split("/")[0] in kinds else user),
                "name_folded": fold(name),
            }
            for user in sorted(users)
        ],
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_sheets(pair: Pair, raw: RawRows, secret: str, tmp_path: Path) -> None:
    """Rows and their order, sheet by sheet."""
    ran = tool.call(
        *("--config", str(pair.config), "--data", str(pair.data), "report", "pre-rotation"),
        *("--secret", secret, "--snapshot", pair.now, "--baseline", pair.before),
        *("--format", "json", "--out", str(tmp_path)),
    )
    assert ran.returncode in (0, 1, 2), ran.stderr
    said = json.loads((tmp_path / "pre-rotation.json").read_text())["sheets"]
    engine = engines.second(pair, raw)
    chain(engine, secret)
    compared = 0
    for title, sql in sheets().items():
        if title in OF_THE_PROGRAM:
            continue
        ours = said[re.sub(r"[^a-z0-9]+", "-", title.lower())]["rows"]
        columns, theirs = engine.rows(sql)
        assert second_engine.printed(ours, columns) == theirs, title
        assert all(row.keys() == columns.keys() for row in ours), title
        compared += len(theirs)
    engine.close()
    assert compared > 20


def test_the_workbook_opens_with_the_card(pair: Pair, tmp_path: Path) -> None:
    """On one page of A4, as text, with the answer in the first cell."""
    ran = tool.call(
        *("--config", str(pair.config), "--data", str(pair.data), "report", "pre-rotation"),
        *("--secret", SECRETS[0], "--snapshot", pair.now, "--baseline", pair.before),
        *("--format", "xlsx,json", "--out", str(tmp_path)),
    )
    assert ran.returncode in (0, 1, 2), ran.stderr
    card = json.loads((tmp_path / "pre-rotation.json").read_text())["card"]
    book = openpyxl.load_workbook(tmp_path / "pre-rotation.xlsx")
    sheet = book.worksheets[0]
    assert sheet.title == "Card"
    assert sheet["A1"].value == card["answer"]
    assert ran.returncode == ["GO", "NO-GO", "UNKNOWN"].index(card["answer"])
    page = sheet.page_setup
    assert int(page.paperSize) == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert {page.fitToWidth, page.fitToHeight} <= {None, 1}
    texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(isinstance(text, str) for text in texts)
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    for step in card["steps"]:
        assert step["text"] in texts
        assert all(command in texts for command in step["commands"])
    for link in card["chain"]:
        assert link["note"] in texts
    assert any(text.count("\u2192") == 4 for text in texts), "the chain on one line"


# A4 at 96 dots per inch, within the margins of the card.
PAPER = {"width": 726, "height": 1054}


def test_the_card_is_one_page_of_paper(pair: Pair, tmp_path: Path) -> None:
    """With its commands, its counts and what moved, and nothing beyond the edge."""
    with browsers.chromium() as chromium:
        for n, secret in enumerate(SECRETS):
            out = tmp_path / str(n)
            ran = tool.call(
                *("--config", str(pair.config), "--data", str(pair.data), "report", "pre-rotation"),
                *("--secret", secret, "--snapshot", pair.now, "--baseline", pair.before),
                *("--format", "html", "--out", str(out)),
            )
            assert ran.returncode in (0, 1, 2), ran.stderr
            with browsers.opened(chromium, out / "pre-rotation.html", viewport=PAPER) as seen:
                seen.page.emulate_media(media="print")
                box = seen.page.evaluate(
                    "(() => { const b = document.querySelector('.rotation').getBoundingClientRect();"
                    " return [b.left, b.right, b.bottom] })()"
                )
                assert 0 <= box[0] and box[1] <= PAPER["width"], (secret, box)
                assert box[2] <= PAPER["height"], (secret, box)
                seen.quiet()
