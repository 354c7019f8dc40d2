"""What operators install: units by systemd's own checker, workflows by a YAML parser, and
every call of the program in them by the program."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import tool

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "packaging" / "systemd").iterdir())
WORKFLOWS = [*(ROOT / "packaging" / "github-actions").iterdir(), *(ROOT / ".github" / "workflows").iterdir()]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        # The program is not installed where this runs.
        text = unit.read_text().replace("/usr/bin/countersign", str(tool.PROGRAM))
        (tmp_path / unit.name).write_text(text)
    files = [str(tmp_path / unit.name) for unit in UNITS]
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_program_takes_the_options_of_the_service() -> None:
    unit = (ROOT / "packaging" / "systemd" / "countersign.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    program, *arguments = shlex.split(line)
    assert program == "/usr/bin/countersign"
    ran = tool.call(*arguments, "--help")
    assert ran.returncode == 0, ran.stderr
    assert "Snapshot, check and report" in ran.stdout


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: str(f.relative_to(ROOT)))
def test_workflows_ask_for_little_and_name_whole_versions(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"]
        rights = job["permissions"]
        assert all(right == "read" for name, right in rights.items() if name != "id-token"), rights
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})", step["uses"]), step["uses"]
        else:
            script = ["bash", "-n", "-c", step["run"]]
            ran = subprocess.run(script, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr


def test_there_is_a_manual_page_of_each_command(tmp_path: Path) -> None:
    ran = tool.call("docs", "man", "--out", str(tmp_path / "man"))
    assert ran.returncode == 0, ran.stderr
    pages = {file.name for file in (tmp_path / "man").iterdir()}
    commands = re.findall(r"^## (countersign.*)$", (ROOT / "docs/cli.md").read_text(), re.M)
    assert pages == {command.replace(" ", "-") + ".1" for command in commands}
    text = (tmp_path / "man" / "countersign-verify.1").read_text()
    assert r"\-\-checkpoint" in text
    again = tool.call("docs", "man")
    assert again.returncode == 64
    assert "--out DIR" in again.stderr
