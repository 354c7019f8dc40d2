"""What `check` prints on a terminal, measured by a library that others wrote: every line
fits, nothing but colour is sent to the terminal, and colour says nothing that words do not."""

import fcntl
import json
import os
import pty
import re
import struct
import termios

import pytest
from wcwidth import wcswidth

import engines
import tool
from hostile import Hostility

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options for an organisation with hostile names."""
    place = tmp_path_factory.mktemp("terminal")
    spoilt = place / "organisation"
    Hostility(3, rename=0.4, lose=0, repeat=0, empty=0.05).spoil(engines.simulate(place / "plain", 3), spoilt)
    data = place / "data"
    engines.seal(spoilt, data, engines.AS_OF)
    return ["--config", str(spoilt / "countersign.toml"), "--data", str(data)]


def on_terminal(width: int, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What the program writes to a terminal of so many columns."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR")}
        os.execve(tool.PROGRAM, [str(tool.PROGRAM), *arguments], kept | {"TERM": "xterm"} | (environment or {}))
    said = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Its other end is closed.
            break
        if not part:
            break
        said += part
    os.close(terminal)
    os.waitpid(pid, 0)
    return said.decode().replace("\r\n", "\n")


CHECK = ("check", "--no-store", "--baseline", "none", "--max-age", "36500")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit_and_nothing_acts(organisation: list[str], width: int) -> None:
    said = on_terminal(width, *organisation, *CHECK)
    plain = COLOUR.sub("", said)
    assert said != plain and len(plain) > 2_000
    for line in plain.split("\n"):
        assert 0 <= wcswidth(line) <= width, (wcswidth(line), line)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", line), line
    assert "[U+202E]" in plain and "\u2400" in plain


def test_colour_is_all_that_a_terminal_adds(organisation: list[str]) -> None:
    coloured = on_terminal(80, *organisation, *CHECK)
    without = on_terminal(80, *organisation, *CHECK, environment={"NO_COLOR": "1"})
    asked = on_terminal(80, *organisation, *CHECK, "--color", "never")
    assert COLOUR.sub("", coloured) == without == asked
    assert "\x1b" not in without
    piped = tool.call(*organisation, *CHECK)
    assert "\x1b" not in piped.stdout
    forced = tool.call(*organisation, *CHECK, "--color", "always")
    assert COLOUR.sub("", forced.stdout) == piped.stdout != forced.stdout


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "command",
    [
        ("rules", "list"),
        ("tables", "list"),
        ("query", "SELECT * FROM identity_center_user ORDER BY user_name LIMIT 40"),
        ("query", "SELECT display_name, group_id FROM identity_center_group ORDER BY display_name"),
    ],
    ids=["rules", "tables", "wide-rows", "names"],
)
def test_tables_fit(organisation: list[str], command: tuple[str, ...], width: int) -> None:
    said = on_terminal(width, *organisation, *command)
    assert len(said) > 500
    for line in said.split("\n"):
        assert 0 <= wcswidth(line) <= width, (wcswidth(line), line)


def test_findings_are_grouped_and_counted(organisation: list[str]) -> None:
    """The counts of the headings are those of the findings."""
    ran = tool.call(*organisation, *CHECK, "--format", "json")
    findings = json.loads(ran.stdout)["findings"]
    said = tool.call(*organisation, *CHECK).stdout
    for severity in ("critical", "high", "medium", "low", "info"):
        count = sum(f["severity"] == severity and f["status"] == "fail" for f in findings)
        found = re.findall(rf"^{severity.upper()}: (\d+) finding", said, re.M)
        assert found == ([str(count)] if count else []), severity
    undecided = sum(f["status"] == "unknown" for f in findings)
    assert re.findall(r"^UNKNOWN: (\d+) finding", said, re.M) == ([str(undecided)] if undecided else [])
