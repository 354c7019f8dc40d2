"""The program's simulated AWS, read with boto3: a simulation that only our own
client understands would prove nothing of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import read_back
import tool
from simulation import Simulation


@pytest.fixture(scope="module")
def imported(simulated: Simulation, tmp_path_factory: pytest.TempPathFactory) -> tool.Snapshot:
    """A snapshot of the files that the same organisation was exported to."""
    data = tmp_path_factory.mktemp("imported")
    ran = tool.call(
        "--config",
        str(simulated.config),
        "--data",
        str(data),
        "snapshot",
        "--from",
        str(simulated.place / "exports"),
    )
    assert ran.returncode == tool.COMPLETE, ran.stderr
    identity = ran.stdout.strip()
    manifest = json.loads((data / f"snapshot={identity}" / "manifest.json").read_text())
    return tool.Snapshot(ran.returncode, ran.stderr, identity, data, manifest)


def clients(simulated: Simulation) -> read_back.Clients:
    """Clients as the readers want them."""
    return simulated.client


def exported(simulated: Simulation, file: str, key: str) -> list[dict[str, Any]]:
    """Records of every document of an export."""
    decoder = json.JSONDecoder()
    text = (simulated.place / "exports" / file).read_text().strip()
    records: list[dict[str, Any]] = []
    while text:
        document, end = decoder.raw_decode(text)
        records += document[key]
        text = text[end:].lstrip()
    return records


def test_accounts(simulated: Simulation, imported: tool.Snapshot) -> None:
    expected = tool.ordered(read_back.accounts(clients(simulated)))
    assert len(expected) > 20
    assert imported.tuples("SELECT account_id, name, email, state FROM aws_account") == expected


def test_users(simulated: Simulation, imported: tool.Snapshot) -> None:
    """A record that the service gives twice is one user."""
    read = read_back.users(clients(simulated))
    expected = tool.ordered(set(read))
    assert 100 < len(expected) < len(read)
    sql = "SELECT user_id, user_name, display_name, email, email_type FROM identity_center_user"
    assert imported.tuples(sql) == expected


def test_groups(simulated: Simulation, imported: tool.Snapshot) -> None:
    expected = tool.ordered(read_back.groups(clients(simulated)))
    assert imported.tuples("SELECT group_id, display_name FROM identity_center_group") == expected


def test_memberships(simulated: Simulation, imported: tool.Snapshot) -> None:
    """Ids of users that are gone included."""
    expected = Counter((g, u) for _, g, u in read_back.memberships(clients(simulated)))
    rows = imported.query(
        "SELECT g.group_id AS group_id, u.user_id AS known, m.user_id AS gone "
        "FROM identity_center_membership m "
        "JOIN identity_center_group g ON g.ic_group_key = m.ic_group_key "
        "LEFT JOIN identity_center_user u ON u.ic_user_key = m.ic_user_key"
    )
    assert Counter((r["group_id"], r["known"] or r["gone"]) for r in rows) == expected
    assert any(r["known"] is None for r in rows)


def test_permission_sets(simulated: Simulation, imported: tool.Snapshot) -> None:
    expected = tool.ordered(read_back.permission_sets(clients(simulated)))
    sql = "SELECT arn, name, session_duration, inline_policy FROM permission_set"
    assert imported.tuples(sql) == expected
    policies = imported.tuples(
        "SELECT s.arn, p.kind, p.policy FROM permission_set_policy p "
        "JOIN permission_set s ON s.permission_set_key = p.permission_set_key"
    )
    assert policies == tool.ordered(read_back.policies(clients(simulated)))


def test_assignments(simulated: Simulation, imported: tool.Snapshot) -> None:
    """By every pair of account and permission set, whatever is said to be provisioned."""
    expected = tool.ordered(read_back.assignments(clients(simulated)))
    assert expected
    rows = imported.query(
        "SELECT a.account_id AS known, x.account_id AS gone, s.arn AS arn, x.principal_type, x.principal_id "
        "FROM account_assignment x LEFT JOIN aws_account a ON a.account_key = x.account_key "
        "JOIN permission_set s ON s.permission_set_key = x.permission_set_key"
    )
    found = [(r["known"] or r["gone"], r["arn"], r["principal_type"], r["principal_id"]) for r in rows]
    assert tool.ordered(found) == expected


def test_what_is_provisioned(simulated: Simulation, imported: tool.Snapshot) -> None:
    """Every pair that is assigned, and some where nobody is."""
    expected = tool.ordered(read_back.provisioned(clients(simulated)))
    rows = imported.tuples(
        "SELECT a.account_id, s.arn FROM permission_set_provisioning p "
        "JOIN aws_account a ON a.account_key = p.account_key "
        "JOIN permission_set s ON s.permission_set_key = p.permission_set_key"
    )
    assert rows == expected
    assert {row[:2] for row in read_back.assignments(clients(simulated))} < set(expected)


def test_applications(simulated: Simulation, imported: tool.Snapshot) -> None:
    expected = tool.ordered(read_back.applications(clients(simulated)))
    assert expected
    sql = "SELECT arn, name, provider, account_id, status FROM identity_center_application"
    assert imported.tuples(sql) == expected
    assigned = tool.ordered(read_back.application_assignments(clients(simulated)))
    rows = imported.tuples(
        "SELECT a.arn, x.principal_type, x.principal_id FROM application_assignment x "
        "JOIN identity_center_application a ON a.ic_application_key = x.ic_application_key"
    )
    assert assigned and rows == assigned


def test_assignments_of_a_user_name_the_group_that_gives_them(simulated: Simulation) -> None:
    client = clients(simulated)
    arn, _ = read_back.instance(client)
    every = set(read_back.assignments(client))
    groups_of: dict[str, set[str]] = {}
    for _, group, user in read_back.memberships(client):
        groups_of.setdefault(user, set()).add(group)
    user = max(groups_of, key=lambda u: len(groups_of[u]))
    rows = {
        (a["AccountId"], a["PermissionSetArn"], a["PrincipalType"], a["PrincipalId"])
        for a in read_back.pages(
            client("sso-admin"),
            "list_account_assignments_for_principal",
            "AccountAssignments",
            InstanceArn=arn,
            PrincipalId=user,
            PrincipalType="USER",
        )
    }
    assert rows == {r for r in every if r[3] in groups_of[user] | {user}}


def test_secrets_and_versions(simulated: Simulation, imported: tool.Snapshot) -> None:
    places = sorted(
        (r["account_id"], r["region"])
        for r in imported.query("SELECT DISTINCT account_id, region FROM aws_secret")
    )
    expected = read_back.secrets(clients(simulated), places)
    rows = imported.query("SELECT account_id, region, arn, name, deleted_at, primary_region FROM aws_secret")
    found = [
        (r["account_id"], r["region"], r["arn"], r["name"], r["deleted_at"] is not None, r["primary_region"])
        for r in rows
    ]
    assert tool.ordered(found) == tool.ordered((*r[:4], r[7], r[8]) for r in expected)
    # Secrets that a service owns have versions too, but nobody asks for them.
    ours = {
        r["arn"]
        for r in imported.query(
            "SELECT arn FROM aws_secret "
            "WHERE owning_service IS NULL AND current_version_created_at IS NOT NULL"
        )
    }
    versions = imported.tuples(
        "SELECT s.arn, v.version_id, v.stages FROM aws_secret_version v "
        "JOIN aws_secret s ON s.secret_key = v.secret_key"
    )
    read = tool.ordered(r for r in read_back.versions(clients(simulated), places) if r[0] in ours)
    assert [(a, v, ";".join(sorted((s or "").split(";")))) for a, v, s in versions if a in ours] == read


def test_events(simulated: Simulation, imported: tool.Snapshot) -> None:
    events = exported(simulated, "aws/cloudtrail-events.json", "Events")
    trail = clients(simulated)("cloudtrail")
    found = Counter[str]()
    for name in {e["EventName"] for e in events}:
        attributes = [{"AttributeKey": "EventName", "AttributeValue": name}]
        for event in read_back.pages(trail, "lookup_events", "Events", LookupAttributes=attributes):
            assert event["EventTime"].tzinfo and json.loads(event["CloudTrailEvent"])
            found[event["EventId"]] += 1
    assert found == Counter(e["EventId"] for e in events)
    rows = imported.query("SELECT event_id FROM cloudtrail_event")
    assert Counter(r["event_id"] for r in rows) == found


def test_credential_reports(simulated: Simulation, imported: tool.Snapshot) -> None:
    folder: Path = simulated.place / "exports" / "aws" / "iam-credential-report"
    accounts = sorted(f.stem for f in folder.glob("*.csv"))
    assert accounts
    expected = tool.ordered(read_back.reported_keys(clients(simulated), accounts))
    assert imported.tuples("SELECT account_id, user_name, slot, active FROM aws_access_key") == expected


def test_roles(simulated: Simulation, imported: tool.Snapshot) -> None:
    accounts = {r["account_id"] for r in imported.query("SELECT DISTINCT account_id FROM aws_role_last_used")}
    found: list[read_back.Row] = []
    for account in accounts:
        iam = clients(simulated)("iam", account)
        details = read_back.pages(iam, "get_account_authorization_details", "RoleDetailList", Filter=["Role"])
        found += [(account, r["RoleName"], r["Arn"]) for r in details]
    assert found
    assert imported.tuples("SELECT account_id, role_name, arn FROM aws_role_last_used") == tool.ordered(found)


def test_what_is_not_simulated_is_refused_as_the_service_would(simulated: Simulation) -> None:
    secrets = clients(simulated)("secretsmanager")
    with pytest.raises(secrets.exceptions.ClientError) as refused:
        secrets.get_secret_value(SecretId="identity/job-1")
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
