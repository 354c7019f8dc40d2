"""The page of every report in a browser: it can be read, used by keyboard alone, in light
and dark, wide and narrow, on screen and on paper; it asks for nothing, and what a name says
does nothing."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import browser as browsers
import engines
import hostile
import tool
from browser import NARROW, opened
from engines import Pair

REPORTS = ("access-review", "auditor-evidence", "drift", "pre-rotation")

# Each tries to be more than text; {n} makes it another name.
HOSTILE = [
    "<script>window.owned={n}</script>",
    "</script><script>window.owned={n}</script>",
    "</style><script>window.owned={n}</script>",
    "</title></head><body onload=window.owned={n}>",
    '"><img src=x onerror=window.owned={n}>',
    "' onmouseover='window.owned={n}",
    "<svg/onload=window.owned={n}>",
    "<iframe srcdoc='<script>parent.owned={n}</script>'></iframe>",
    "<a href=javascript:window.owned={n}>x{n}</a>",
    "javascript:window.owned={n}",
    "<!-- {n}",
    "--> <b>{n}</b>",
    "]]>{n}",
    "{{{{ {n} * 7 }}}}",
    "{{% raw %}}{n}",
    "&lt;script&gt;window.owned={n}&lt;/script&gt;",
    "&#x202e;{n}",
    "<base href='file:///nowhere/{n}/'>",
    "<meta http-equiv=refresh content='0;url=about:blank#{n}'>",
    "<form action=x{n}><input name=a><button>go</button></form>",
    "<link rel=stylesheet href=x{n}.css>",
    "<plaintext>{n}",
    "<textarea>{n}",
    "<details open ontoggle=window.owned={n}>",
    "\u202e{n}\u2066moc.live",
    "nul\x00{n}\x1b[31mred",
    "{n}\u200b\u2060\ufeffunseen",
    "{n}\u2028line\u2029paragraph",
    "long{n}-" + "x" * 10_000,
    "rtl{n} \u0645\u0631\u062d\u0628\u0627",
    "\U000e0041\U000e0042tag{n}",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all of them."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An organisation with planted faults."""
    return engines.demo(tmp_path_factory.mktemp("page"), 0)


def pages(config: Path, data: Path, snapshot: str, out: Path, *more: str) -> dict[str, Path]:
    """The page of every report."""
    where = ("--config", str(config), "--data", str(data))
    formats = ("--format", "html,json", "--out", str(out), "--snapshot", snapshot, *more)
    query = "SELECT DISTINCT registered_secret FROM credential ORDER BY registered_secret"
    ran = tool.call(*where, "query", query, "--snapshot", snapshot, "--baseline", "none", "--format", "json")
    known = [row["registered_secret"] for row in json.loads(ran.stdout) if row["registered_secret"]]
    # One with a hostile name, where there is one; a command cannot be given a null.
    secret = max((n for n in known if "\0" not in n and len(n) < 1_000), key=lambda n: ("<" in n, n))
    for names in (REPORTS[:3], (*REPORTS[3:], "--secret", secret)):
        ran = tool.call(*where, "report", *names, *formats)
        assert ran.returncode in (0, 1, 2), f"{ran.returncode}: {ran.stderr}"
    return {name: out / f"{name}.html" for name in REPORTS}


@pytest.fixture(scope="module")
def made(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of that organisation."""
    return pages(pair.config, pair.data, pair.now, tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of an organisation where half of all names are hostile."""
    place = tmp_path_factory.mktemp("spoilt")
    simulated = engines.simulate(place / "simulated", 1)
    organisation = place / "organisation"
    names = iter(range(10**6))
    ways = [lambda _, how=how: how.format(n=next(names)) for how in HOSTILE]
    usual, hostile.RENAMES = hostile.RENAMES, ways
    try:
        hostile.Hostility(7, rename=0.3, lose=0, repeat=0, empty=0.05).spoil(simulated, organisation)
    finally:
        hostile.RENAMES = usual
    data = place / "data"
    snapshot = engines.seal(organisation, data, engines.AS_OF)
    return pages(organisation / "countersign.toml", data, snapshot, place / "out", "--baseline", "none")


@pytest.mark.parametrize("media", ["light", "dark"])
@pytest.mark.parametrize("name", REPORTS)
def test_everybody_can_read_it(chromium: Browser, made: dict[str, Path], name: str, media: str) -> None:
    with opened(chromium, made[name], media=media) as seen:
        assert seen.axe() == []
        seen.quiet()
    with opened(chromium, made[name], media=media, viewport=NARROW) as seen:
        assert seen.axe() == []
        # Tables scroll in their own frames, the page does not.
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("name", REPORTS)
def test_headings_are_in_order_and_the_answer_comes_first(
    chromium: Browser, made: dict[str, Path], name: str
) -> None:
    with opened(chromium, made[name]) as seen:
        levels = [int(h.evaluate("h => h.tagName[1]")) for h in seen.page.locator("h1,h2,h3,h4").all()]
        assert levels.count(1) == 1 and levels[0] == 1
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), levels
        first = seen.page.locator("h2").first
        # A card comes before everything else.
        assert first.inner_text() == "In short" or seen.page.locator("main > .card h2").count() > 0
        assert first.bounding_box()["y"] < 300
        # The skip link is the first stop, and leads past the header.
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.className") == "skip"
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"


def test_pages_are_valid(made: dict[str, Path], spoilt: dict[str, Path]) -> None:
    assert browsers.invalid([*made.values(), *spoilt.values()]) == []


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_that_a_name_says_is_done(chromium: Browser, spoilt: dict[str, Path], name: str) -> None:
    text = spoilt[name].read_text()
    # What turns text around or cannot be seen is named instead.
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
    with opened(chromium, spoilt[name]) as seen:
        page = seen.page
        page.mouse.move(600, 500)
        page.mouse.wheel(0, 2000)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.wait_for_timeout(200)
        assert page.evaluate("window.owned") is None
        for tag in ("img", "iframe", "base", "form", "link", "textarea", "plaintext", "b:not(.tiles b)", "a[href^='javascript']"):
            assert page.locator(f"main {tag}, head {tag}").count() == 0, tag
        assert page.locator("script").count() <= 1
        assert page.locator("style").count() == 1
        assert page.evaluate("location.href") == spoilt[name].as_uri()
        seen.quiet()
        assert seen.axe() == []
    with opened(chromium, spoilt[name], viewport=NARROW) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_what_is_hostile_is_shown(chromium: Browser, spoilt: dict[str, Path]) -> None:
    """As the letters that it is made of: the JSON document has the names as they are."""
    document = json.loads(spoilt["access-review"].with_suffix(".json").read_text())
    rows = document["sheets"]["findings"]["rows"]
    with opened(chromium, spoilt["access-review"]) as seen:
        shown = seen.page.locator("#table-findings ~ .scroll").text_content() or ""
    assert "<script>window.owned=" in shown
    assert "[U+202E]" in shown
    plain = [r["reason"] for r in rows[:200] if re.fullmatch(r"[ -~]{1,390}", r["reason"])]
    assert len(plain) > 20
    assert [r for r in plain if r not in shown] == []


def test_tables_sort_by_keyboard(chromium: Browser, made: dict[str, Path]) -> None:
    with opened(chromium, made["drift"]) as seen:
        page = seen.page
        part = page.locator("section[aria-labelledby=table-differences]")
        column = part.locator("thead th", has_text="Severity")
        at = column.evaluate("th => th.cellIndex")
        cells = part.locator("tbody tr")

        def words() -> list[str]:
            return [row.locator("td").nth(at).inner_text() for row in cells.all()]

        before = words()
        rank = ["critical", "high", "medium", "low", "info"].index
        assert before == sorted(before, key=rank)
        column.locator("button").focus()
        page.keyboard.press("Enter")
        assert column.get_attribute("aria-sort") == "ascending"
        assert words() == before
        page.keyboard.press("Space")
        assert column.get_attribute("aria-sort") == "descending"
        assert words() == sorted(before, key=rank, reverse=True)
        # Another column takes over; what has no value stands last either way.
        page.keyboard.press("Tab")
        cause = part.locator("thead th", has_text="Cause")
        cause.locator("button").focus()
        for turn in ("ascending", "descending"):
            page.keyboard.press("Enter")
            assert cause.get_attribute("aria-sort") == turn
            assert column.get_attribute("aria-sort") is None
            at = cause.evaluate("th => th.cellIndex")
            causes = words()
            known = [c for c in causes if c != "—"]
            assert known == sorted(known, reverse=turn == "descending")
            assert causes == known + ["—"] * (len(causes) - len(known))
        page.keyboard.press("Enter")
        assert cause.get_attribute("aria-sort") is None
        at = column.evaluate("th => th.cellIndex")
        assert words() == before
        seen.quiet()


def test_tables_filter_by_keyboard(chromium: Browser, made: dict[str, Path]) -> None:
    document = json.loads(made["drift"].with_suffix(".json").read_text())
    rows = document["sheets"]["differences"]["rows"]
    with opened(chromium, made["drift"]) as seen:
        page = seen.page
        part = page.locator("section[aria-labelledby=table-differences]")
        status = part.locator("[role=status]")
        assert status.inner_text() == f"{len(rows)} of {len(rows)} rows shown"
        part.locator("input").focus()
        page.keyboard.type("NEW critical")
        wanted = [
            r for r in rows if all(any(w in str(v).lower() for v in r.values()) for w in ("new", "critical"))
        ]
        assert 0 < len(wanted) < len(rows)
        assert part.locator("tbody tr:visible").count() == len(wanted)
        assert status.inner_text() == f"{len(wanted)} of {len(rows)} rows shown"
        page.keyboard.type(" no-such-word")
        assert status.inner_text() == f"0 of {len(rows)} rows shown"
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        assert part.locator("tbody tr:visible").count() == len(rows)
        seen.quiet()


def test_it_is_whole_without_its_script(chromium: Browser, made: dict[str, Path]) -> None:
    for name in REPORTS:
        document = json.loads(made[name].with_suffix(".json").read_text())
        with opened(chromium, made[name], java_script_enabled=False) as seen:
            for key, sheet in document["sheets"].items():
                part = seen.page.locator(f"section[aria-labelledby=table-{key}]")
                assert part.locator("tbody tr").count() == min(len(sheet["rows"]), 1_000), (name, key)
                assert part.locator(".tools:visible").count() == 0


@pytest.mark.parametrize("name", REPORTS)
def test_it_prints(chromium: Browser, made: dict[str, Path], name: str) -> None:
    with opened(chromium, made[name], viewport={"width": 1030, "height": 720}) as seen:
        page = seen.page
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.locator(".tools:visible, nav:visible, .skip:visible").count() == 0
        # Nothing is beyond the edge of the paper, or hidden in a frame.
        assert page.evaluate("document.documentElement.scrollWidth") <= 1030
        assert page.evaluate("[...document.querySelectorAll('.scroll')].every(s => s.scrollHeight <= s.clientHeight + 1)")
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        seen.quiet()


def test_a_large_table_stays_usable(chromium: Browser, tmp_path: Path) -> None:
    """58,000 rows of access: the page shows the first and says where all of them are."""
    organisation = engines.simulate(tmp_path / "organisation", 2)
    grow(organisation / "exports" / "aws", 58_000)
    data = tmp_path / "data"
    snapshot = engines.seal(organisation, data, engines.AS_OF)
    made = pages(organisation / "countersign.toml", data, snapshot, tmp_path / "out", "--baseline", "none")
    file = made["access-review"]
    rows = max(len(s["rows"]) for s in json.loads(file.with_suffix(".json").read_text())["sheets"].values())
    assert rows >= 58_000
    assert file.stat().st_size < 8_000_000
    began = time.monotonic()
    with opened(chromium, file) as seen:
        page = seen.page
        said = page.locator(".cut").first.inner_text()
        assert f"{rows:,} rows" in said and ".csv" in said and "countersign report access-review" in said
        part = page.locator("section:has(.cut)").first
        assert part.locator("tbody tr").count() <= 1_000
        assert f"{rows - part.locator('tbody tr').count():,} more are not on this page" in part.locator("[role=status]").inner_text()
        part.locator("thead button").nth(1).click()
        part.locator("input").fill("production")
        assert time.monotonic() - began < 20
        seen.quiet()


def grow(aws: Path, rows: int) -> None:
    """Assigns the largest groups everywhere, until there are so many rows of access."""
    files = {f.stem: documents for f, documents in hostile.load(aws).items() if f.parent == aws}

    def listed(file: str, key: str) -> list[dict[str, str]]:
        return [one for document in files[file] for one in document[key]]

    members = Counter(m["GroupId"] for m in listed("identitystore-group-memberships", "GroupMemberships"))
    accounts = [a["Id"] for a in listed("organizations-accounts", "Accounts")]
    sets = [d["PermissionSet"]["PermissionSetArn"] for d in files["sso-permission-sets"]]
    assignments = listed("sso-account-assignments", "AccountAssignments")
    there = {(a["AccountId"], a["PermissionSetArn"], a["PrincipalId"]) for a in assignments}
    more = 0
    for group, people in members.most_common():
        for account in accounts:
            for permission_set in sets:
                if more >= rows:
                    break
                if (account, permission_set, group) in there:
                    continue
                more += people
                assignments.append(
                    {
                        "AccountId": account,
                        "PermissionSetArn": permission_set,
                        "PrincipalType": "GROUP",
                        "PrincipalId": group,
                    }
                )
    assert more >= rows
    file = aws / "sso-account-assignments.json"
    file.write_text(json.dumps({"AccountAssignments": assignments}))
