"""Headless Chromium, axe-core and the checker of the HTML standard, over pages of reports."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

import tool

AXE = tool.KIT / "node_modules" / "axe-core" / "axe.min.js"
CHECKER = tool.KIT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 380, "height": 800}
# WCAG 2.2 to level AA, and what axe holds to be good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that is installed; the driver brings none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "there is no Chromium on PATH"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page that is open, and what it asked for and complained of."""

    page: Page
    file: Path
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing was asked for but the file, and nothing went wrong."""
        assert self.asked == [self.file.as_uri()], self.asked
        assert not self.complaints, self.complaints

    def axe(self) -> list[str]:
        """Violations that axe sees, as sentences."""
        self.page.evaluate(AXE.read_text())
        options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
        found: dict[str, Any] = self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{v['id']} ({v['impact']}): {v['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for v in found["violations"]
            for node in v["nodes"][:3]
        ]


@contextmanager
def opened(browser: Browser, file: Path, *, media: str = "light", **options: Any) -> Iterator[Opened]:
    """Opens a file as a person would: another window for each."""
    options = {"viewport": WIDE, "color_scheme": media} | options
    context = browser.new_context(**options)
    page = context.new_page()
    seen = Opened(page, file)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (seen.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(file.as_uri(), timeout=60_000)
    yield seen
    context.close()


def invalid(files: list[Path]) -> list[str]:
    """What the checker of the HTML standard objects to."""
    ran = subprocess.run(
        ["java", "-jar", str(CHECKER), "--format", "json", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=tool.LIMIT,
        check=False,
    )
    said = json.loads(ran.stderr or ran.stdout)
    return [
        f"{Path(m['url']).name}:{m.get('lastLine')}: {m['type']}: {m['message']}: {m.get('extract', '')[:120]}"
        for m in said["messages"]
        # It does not work hashes out; a browser does, and complains on its console.
        if "violates Content Security Policy" not in m["message"]
    ]
