"""The auditor's evidence, judged by the commands that it documents, by validators of the
formats that it is in, and by DuckDB, which reads the sealed snapshot beside it."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from frictionless import Package
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from trestle.oscal.assessment_results import AssessmentResults

import engines
import evidence
import tool
from engines import Pair
from evidence import REQUEST, SIGNATURE, SUMS, Key
from second_engine import manifest, parquet


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An organisation, now and a month ago."""
    return engines.demo(tmp_path_factory.mktemp("estate"), 3)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """A key without a password."""
    return evidence.key(tmp_path_factory.mktemp("key"), "auditor")


@pytest.fixture(scope="module")
def pack(pair: Pair, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed pack."""
    out = tmp_path_factory.mktemp("pack")
    return evidence.report(pair, out, "--sign-key", str(key.file))


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Path]:
    """A pack of a snapshot whose directory refused to list its groups, and no earlier one."""
    pair = evidence.broken(tmp_path_factory.mktemp("broken"))
    out = tmp_path_factory.mktemp("blind")
    return pair, evidence.report(pair, out, "--baseline", "none")


def test_the_documented_commands_verify(pack: Path, key: Key) -> None:
    ran = evidence.commands(pack)
    for word in ("sha256sum --check", "wc -l", "minisign -V", "openssl ts -query", "openssl ts -verify"):
        assert any(word in command for command in ran), word
    assert evidence.objections(pack, key) == []
    listed = {line[66:] for line in (pack / SUMS).read_text().splitlines()}
    assert listed == set(evidence.files(pack)) - {SUMS, SIGNATURE, REQUEST}


def test_one_bit_in_any_file_is_found(pack: Path, key: Key, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    chance = random.Random(8)
    for name, whole in evidence.files(copy).items():
        every = name in (SIGNATURE, REQUEST)
        places = range(len(whole)) if every else [0, len(whole) - 1, chance.randrange(len(whole))]
        for place in [*places, *(chance.sample(range(len(whole)), 40) if name == SUMS else [])]:
            # In the sums that bit turns a letter of a hash into a capital, which counts as the same.
            bit = 5 if name == SUMS and chanced(chance) else chance.randrange(8)
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            (copy / name).write_bytes(changed)
            only = "" if name in (SUMS, SIGNATURE, REQUEST) else "--check"
            assert evidence.objections(copy, key, only), f"{name}: bit {bit} of byte {place}"
        (copy / name).write_bytes(whole)
    assert evidence.objections(copy, key) == []


def chanced(chance: random.Random) -> bool:
    """Heads or tails."""
    return chance.random() < 0.5


def test_files_that_are_added_missing_or_exchanged_are_found(pack: Path, key: Key, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    (copy / "lists" / "extra.csv").write_text("x")
    assert evidence.objections(copy, key)
    (copy / "lists" / "extra.csv").unlink()
    one, other = copy / "lists/findings.csv", copy / "lists/rules.csv"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert evidence.objections(copy, key)
    other.write_bytes(second)
    one.unlink()
    assert evidence.objections(copy, key)
    # Sums that are made anew belong to the files, but neither to the request nor to the key.
    forged = "".join(
        f"{line[:66]}{line[66:]}\n" for line in (copy / SUMS).read_text().splitlines() if line[66:] != "lists/findings.csv"
    )
    (copy / SUMS).write_text(forged)
    assert len(evidence.objections(copy, key)) >= 2


def test_another_key_is_not_the_signer(pack: Path, tmp_path: Path) -> None:
    assert evidence.objections(pack, evidence.key(tmp_path, "somebody else"))


def test_an_encrypted_key_signs_with_its_password_alone(pair: Pair, tmp_path: Path) -> None:
    secret = "correct horse battery staple"
    locked = evidence.key(tmp_path, "locked", secret)
    by_file = evidence.report(
        pair, tmp_path / "file", "--sign-key", str(locked.file), environment={"COUNTERSIGN_SIGN_PASSWORD": secret}
    )
    by_text = evidence.report(
        pair,
        tmp_path / "text",
        environment={"COUNTERSIGN_SIGN_PASSWORD": secret, "COUNTERSIGN_SIGN_KEY": locked.text},
    )
    assert evidence.objections(by_file, locked) == []
    assert evidence.files(by_file) == evidence.files(by_text)
    for bytes_ in evidence.files(by_file).values():
        assert secret.encode() not in bytes_ and locked.text.splitlines()[1].encode() not in bytes_
    for environment in ({}, {"COUNTERSIGN_SIGN_PASSWORD": "another"}):
        ran = evidence.ask(pair, tmp_path / "no", "--sign-key", str(locked.file), environment=environment)
        assert ran.returncode == 64, ran.stderr
        assert "COUNTERSIGN_SIGN_PASSWORD" in ran.stderr and "another" not in ran.stderr.replace("is another", "")
        assert not (tmp_path / "no").exists()


def test_openssl_reads_the_request_and_an_authority_answers_it(pack: Path, tmp_path: Path) -> None:
    said = evidence.run(pack, f"openssl ts -query -in {REQUEST} -text").stdout
    for line in ("Version: 1", "Hash Algorithm: sha256", "Nonce: unspecified", "Certificate required: yes"):
        assert line in said
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    authority(tmp_path)
    made = subprocess.run(
        ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", copy / REQUEST, "-out", copy / "SHA256SUMS.tsr"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (verify,) = [c for c in evidence.commands(copy) if "-CAfile" in c]
    verify = verify.replace("AUTHORITY.pem", str(tmp_path / "tsa.pem"))
    assert evidence.run(copy, verify).returncode == 0
    assert evidence.objections(copy, None, "wc -l") == []
    with (copy / SUMS).open("a") as sums:
        sums.write("\n")
    assert evidence.run(copy, verify).returncode != 0


def authority(place: Path) -> None:
    """A time-stamping authority of one certificate."""
    (place / "serial").write_text("01")
    (place / "tsa.cnf").write_text(
        """
[req]
distinguished_name = name
prompt = no
x509_extensions = ext
[name]
CN = authority of the tests
[ext]
extendedKeyUsage = critical, timeStamping
basicConstraints = CA:TRUE
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""
    )
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", "tsa.cnf"]
    subprocess.run(
        [*command, "-keyout", "tsa.key", "-out", "tsa.pem"], cwd=place, capture_output=True, check=True
    )


def test_frictionless_accepts_the_package(pack: Path) -> None:
    """With hashes, sizes, types, primary and foreign keys."""
    package = Package(str(pack / "datapackage.json"))
    assert len(package.resources) > 40
    verdict = package.validate()
    assert verdict.valid, verdict.flatten(["name", "rowNumber", "fieldName", "type", "note"])[:10]
    described = {r.path for r in package.resources}
    assert described == {name for name in evidence.files(pack) if name.endswith(".csv")}
    for resource in package.resources:
        stats = resource.custom["x-rows"]
        assert len(resource.read_rows()) == stats, resource.name
        if resource.path.startswith("population/"):
            assert all(field.description for field in resource.schema.fields), resource.name


def test_frictionless_finds_a_changed_byte(pack: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    file = copy / "lists/rules.csv"
    file.write_bytes(file.read_bytes().replace(b"p", b"q", 1))
    verdict = Package(str(copy / "datapackage.json")).validate()
    assert "hash-count" in {row[0] for row in verdict.flatten(["type"])}


def test_the_population_is_what_the_snapshot_holds(pair: Pair, pack: Path) -> None:
    """Counts and values, as another engine reads both."""
    package = json.loads((pack / "datapackage.json").read_text())
    resources = {r["path"]: r for r in package["resources"]}
    counted = evidence.rows(pack, "population")
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    tables = manifest(pair.data, pair.now)["tables"]
    assert [c["table_name"] for c in counted] == [t["table"] for t in tables]
    for row, table in zip(counted, tables, strict=True):
        excluded = sum(table["excluded"].values())
        adds_up = int(row["read_count"]) == table["read"] == int(row["stored_count"]) + excluded
        assert adds_up or table["state"] != "complete", row
        assert int(row["stored_count"]) == table["rows"]
        if not row["file"]:
            assert table["state"] != "complete" and table["rows"] == 0
            continue
        sealed = parquet(pair.data, pair.now, table["table"])
        listed = read_csv(pack / row["file"], resources[row["file"]])
        names = ", ".join(f'"{f["name"]}"' for f in resources[row["file"]]["schema"]["fields"])
        counts = [database.execute(f"SELECT count(*) FROM {rows}").fetchall() for rows in (sealed, listed)]
        assert counts == [[(table["rows"],)]] * 2 and int(row["exported_count"]) == table["rows"], row
        for a, b in ((sealed, listed), (listed, sealed)):
            lost = database.execute(f"SELECT {names} FROM {a} EXCEPT ALL SELECT {names} FROM {b}").fetchall()
            assert not lost, f"{table['table']}: {lost[:3]}"


def read_csv(path: Path, resource: dict[str, Any]) -> str:
    """A typed list in SQL, its texts as they were."""
    kinds = {"string": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "datetime": "TIMESTAMPTZ"}
    fields = resource["schema"]["fields"]
    types = ", ".join(f"'{f['name']}': '{kinds[f['type']]}'" for f in fields)
    given = (
        f"read_csv('{path}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
        f" new_line = '\\r\\n', nullstr = '', allow_quoted_nulls = false, columns = {{{types}}})"
    )
    plain = [
        f"CASE WHEN starts_with({n}, '''') THEN substr({n}, 2) ELSE {n} END AS {n}" if text else n
        for n, text in ((f'"{f["name"]}"', f["type"] == "string") for f in fields)
    ]
    return f"(SELECT {', '.join(plain)} FROM {given})"


def checked(pair: Pair, baseline: str) -> dict[str, Any]:
    """What `check` says of the same snapshot."""
    ran = tool.call(
        *("--config", str(pair.config), "--data", str(pair.data), "check", "--snapshot", pair.now),
        *("--baseline", baseline, "--no-store", "--format", "json"),
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_ocsf_events_are_those_of_the_check(pair: Pair, pack: Path, blind: tuple[Pair, Path]) -> None:
    for snapshot, at, baseline in ((pair, pack, pair.before), (blind[0], blind[1], "none")):
        said = checked(snapshot, baseline)
        events = evidence.events(at / "findings.ocsf.jsonl")
        for event in events:
            ComplianceFinding.model_validate(event)
            assert event["metadata"]["version"] == "1.8.0"
            assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        uids = [e["finding_info"]["uid"] for e in events]
        assert len(set(uids)) == len(uids)
        of_rules = {e["unmapped"]["rule"]: e for e in events if e["finding_info"]["types"] == ["rule"]}
        wanted = {"pass": 1, "unknown": 2, "skipped": 99}
        for rule in said["rules"]:
            event = of_rules.pop(rule["id"], None)
            assert (event is None) == (rule["state"] == "fail"), rule["id"]
            if event:
                assert event["compliance"]["status_id"] == wanted[rule["state"]], rule["id"]
        assert not of_rules
        of_findings = {e["finding_info"]["uid"]: e for e in events if e["finding_info"]["types"] == ["finding"]}
        assert set(of_findings) == {f["finding_id"] for f in said["findings"]}
        for finding in said["findings"]:
            event = of_findings[finding["finding_id"]]
            status = 99 if finding["state"] == "resolved" else {"fail": 3, "unknown": 2}[finding["status"]]
            assert event["compliance"]["status_id"] == status
            assert (event["activity_id"] == 3) == (finding["state"] == "resolved")


def test_trestle_accepts_the_assessment_results(pack: Path, blind: tuple[Pair, Path], tmp_path: Path) -> None:
    trestle = Path(sys.executable).with_name("trestle")
    subprocess.run([trestle, "init", "--local"], cwd=tmp_path, capture_output=True, check=True)
    for name, at in (("whole", pack), ("blind", blind[1])):
        file = at / "assessment-results.oscal.json"
        AssessmentResults.oscal_read(file)
        for command in (["import", "-f", str(file), "-o", name], ["validate", "-t", "assessment-results", "-n", name]):
            ran = subprocess.run([trestle, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_is_unknown_satisfies_no_control(pair: Pair, pack: Path, blind: tuple[Pair, Path]) -> None:
    """The matrix, the assessment results and the rules say the same."""
    for snapshot, at, baseline in ((pair, pack, pair.before), (blind[0], blind[1], "none")):
        states = {r["id"]: r["state"] for r in checked(snapshot, baseline)["rules"]}
        of: dict[tuple[str, str], list[str]] = {}
        for row in evidence.rows(at, "controls"):
            of.setdefault((row["framework"], row["control"]), [])
            if row["rule"]:
                of[row["framework"], row["control"]].append(states[row["rule"]])
        matrix = {(r["framework"], r["control"]): r for r in evidence.rows(at, "control-matrix")}
        assert matrix.keys() == of.keys()
        found: dict[str, str] = {}
        results = json.loads((at / "assessment-results.oscal.json").read_text())["assessment-results"]
        for result in results["results"]:
            for finding in result.get("findings", []):
                found[finding["title"]] = finding["target"]["status"]["state"]
        for (framework, control), rules in of.items():
            if "fail" in rules:
                state = "fail"
            elif "unknown" in rules:
                state = "unknown"
            elif "pass" not in rules:
                state = "not assessed"
            else:
                state = "partly assessed" if "skipped" in rules else "pass"
            assert matrix[framework, control]["state"] == state
            oscal = {"fail": "not-satisfied", "pass": "satisfied"}.get(state)
            assert found.get(f"{framework} {control}") == oscal, (framework, control)


def test_a_source_that_refused_is_unknown_everywhere(blind: tuple[Pair, Path]) -> None:
    pair, pack = blind
    state = next(t for t in manifest(pair.data, pair.now)["tables"] if t["table"] == "entra_group")
    assert state["state"] != "complete"
    assert not list((pack / "population").glob("entra_group.*"))
    row = next(r for r in evidence.rows(pack, "population") if r["table_name"] == "entra_group")
    assert (row["file"], row["exported_count"], row["reconciles"]) == ("", "", "")
    assert row["state"] == state["state"] and row["why"]
    cover = json.loads((pack / "cover.json").read_text())
    assert cover["complete"] is False
    fields = {f["field"]: f["value"] for f in cover["fields"]}
    assert any("entra_group" in line for line in fields["unknown"])
    assert any("entra_group" in line for line in fields["coverage"])
    page = (pack / "cover.html").read_text()
    assert "Not everything was read or decided" in page and "Everything that was asked" not in page
    lists = {f["path"]: f for f in cover["files"]}
    for name in ("ac-2-conditions-for-membership", "findings", "control-matrix"):
        assert lists[f"lists/{name}.csv"]["complete"] is False, name
        assert lists[f"lists/{name}.csv"]["not_complete"]
    # Without an earlier snapshot nothing was compared, which is not: nothing changed.
    for name in ("changes", "ac-2-3-accounts-removed", "ac-6-7-privileges-removed", "ia-5-change-records"):
        assert any("earlier snapshot" in line for line in lists[f"lists/{name}.csv"]["not_complete"]), name
    assert json.loads((pack / "manifest.json").read_text())["complete"] is False


def test_no_review_is_not_a_review_without_objections(pack: Path) -> None:
    for name in ("review-decisions", "ac-2-compliance-reviews", "ac-6-7-validation-reviews"):
        assert [r["remark"] for r in evidence.rows(pack, name)] == ["no review on record"]
    cover = json.loads((pack / "cover.json").read_text())
    assert next(f["value"] for f in cover["fields"] if f["field"] == "review") == ["no review on record"]


def test_the_cover_says_what_auditors_ask(pair: Pair, pack: Path, key: Key) -> None:
    cover = json.loads((pack / "cover.json").read_text())
    fields = {f["field"]: f["value"] for f in cover["fields"]}
    assert len(fields) >= 24 and all(value and all(value) for value in fields.values())
    sealed = (pack / "snapshot/manifest.json").read_bytes()
    assert sealed == (pair.data / f"snapshot={pair.now}" / "manifest.json").read_bytes()
    (said,) = fields["snapshot_manifest_sha256"]
    listed = {line[66:]: line[:64] for line in (pack / SUMS).read_text().splitlines()}
    assert said == f"SHA-256 {listed['snapshot/manifest.json']}"
    assert any(f"{int.from_bytes(key.number, 'little'):016X}" in line for line in fields["seal"])
    # The same as canonical JSON, keys sorted and nothing between.
    text = (pack / "manifest.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_the_same_pack_has_the_same_bytes(pair: Pair, pack: Path, key: Key, tmp_path: Path) -> None:
    again = evidence.report(pair, tmp_path / "again", "--sign-key", str(key.file))
    assert again.name == pack.name
    assert evidence.files(again) == evidence.files(pack)
    stated = evidence.report(pair, tmp_path / "again", environment={"COUNTERSIGN_OPERATOR": "ci run 7"})
    assert stated.name != pack.name
    assert "ci run 7" in (stated / "cover.html").read_text()


def test_a_pack_is_never_replaced(pair: Pair, tmp_path: Path) -> None:
    made = evidence.report(pair, tmp_path)
    assert evidence.report(pair, tmp_path) == made
    cover = made / "cover.html"
    cover.write_text("altered")
    ran = evidence.ask(pair, tmp_path)
    assert ran.returncode == 64 and "cover.html" in ran.stderr and "--out" in ran.stderr, ran.stderr
    assert cover.read_text() == "altered"
    assert [p.name for p in tmp_path.iterdir()] == [made.name]


def test_a_run_that_is_killed_leaves_no_half_pack(pair: Pair, tmp_path: Path) -> None:
    start = time.monotonic()
    whole = evidence.report(pair, tmp_path / "whole")
    took = time.monotonic() - start
    out = tmp_path / "out"
    for step in range(12):
        running = evidence.start(pair, out)
        time.sleep(took * (0.5 + step / 24))
        running.kill()
        running.wait()
        for made in out.glob("auditor-evidence-*"):
            assert evidence.files(made) == evidence.files(whole)
            shutil.rmtree(made)
    assert evidence.files(evidence.report(pair, out)) == evidence.files(whole)
    assert [p.name for p in out.iterdir()] == [whole.name]


def test_formats_of_their_own_need_their_report(pair: Pair, tmp_path: Path) -> None:
    ran = evidence.ask(pair, tmp_path, "--format", "ocsf,oscal")
    assert ran.returncode == 0, ran.stderr
    ocsf, oscal = (Path(line) for line in ran.stdout.split())
    for event in evidence.events(ocsf):
        ComplianceFinding.model_validate(event)
    AssessmentResults.oscal_read(oscal)
    place = ("--config", str(pair.config), "--data", str(pair.data))
    ran = tool.call(*place, "report", "drift", "--format", "ocsf", "--snapshot", pair.now, "--out", str(tmp_path))
    assert ran.returncode == 64 and "auditor-evidence" in ran.stderr
