"""The published policy: enough for a snapshot, not more than it uses, and each part is needed."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import estate as estates
import tool
from cloud import HOME, VALUES, Asked, Cloud

SOURCES = ("identity_center", "secrets_manager", "iam")
ROLE = "countersign-read"
# Whatever was asked with keys of an assumed role.
ASSUMED = "assumed"
Policy = dict[str, Any]

# Actions that moto lets us take away, with a table that then lacks something and
# how it must say so. Where others were read before, a table has a part.
NEEDED = [
    ("organizations:ListAccounts", "aws_account", "denied"),
    ("identitystore:ListUsers", "identity_center_user", "denied"),
    ("identitystore:ListGroups", "identity_center_group", "denied"),
    ("identitystore:ListGroupMemberships", "identity_center_membership", "denied"),
    ("sso:ListInstances", "permission_set", "denied"),
    ("sso:ListPermissionSets", "permission_set", "denied"),
    ("sso:DescribePermissionSet", "permission_set", "denied"),
    ("sso:ListCustomerManagedPolicyReferencesInPermissionSet", "permission_set_policy", "denied"),
    ("sso:GetInlinePolicyForPermissionSet", "permission_set_policy", "denied"),
    ("sso:GetPermissionsBoundaryForPermissionSet", "permission_set_policy", "partial"),
    ("sso:ListAccountAssignmentsForPrincipal", "account_assignment", "denied"),
    ("sso:ListManagedPoliciesInPermissionSet", "permission_set_policy", "denied"),
    ("sso:ListAccountsForProvisionedPermissionSet", "permission_set_provisioning", "denied"),
    ("sso:ListApplications", "identity_center_application", "denied"),
    ("secretsmanager:ListSecrets", "aws_secret", "partial"),
    ("secretsmanager:ListSecretVersionIds", "aws_secret_version", "partial"),
    ("iam:GenerateCredentialReport", "aws_access_key", "partial"),
    ("iam:GetCredentialReport", "aws_access_key", "partial"),
    ("iam:GetAccountAuthorizationDetails", "aws_role_last_used", "partial"),
    ("sts:AssumeRole", "aws_secret", "partial"),
]


@dataclass(frozen=True)
class Judged:
    """A snapshot with one policy, what was asked with its key, and what a preflight says."""

    taken: tool.Snapshot
    asked: list[Asked]
    preflight: list[dict[str, Any]]


def published() -> dict[str, Policy]:
    """The policies as the program prints them."""
    ran = tool.call("permissions", "aws")
    assert ran.returncode == 0, ran.stderr
    policies: dict[str, Policy] = json.loads(ran.stdout)
    return policies


def actions(policy: Policy, effect: str) -> set[str]:
    """Actions of one effect."""
    found: set[str] = set()
    for statement in policy["Statement"]:
        if statement["Effect"] == effect:
            named = statement["Action"]
            found |= {named} if isinstance(named, str) else set(named)
    return found


def without(policy: Policy, action: str) -> Policy:
    """The policy that does not allow one action."""
    statements = []
    for statement in policy["Statement"]:
        kept = [a for a in statement["Action"] if statement["Effect"] == "Deny" or a != action]
        if kept:
            statements.append(statement | {"Action": kept})
    return policy | {"Statement": statements}


def user(cloud: Cloud, name: str, policy: Policy) -> dict[str, str]:
    """Makes a user with exactly this policy; gives the environment of their key."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return cloud.environment() | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


@pytest.fixture(scope="module")
def judged(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """Snapshots side by side: with the whole policy, and with each action taken out."""
    estate = estates.small(cloud)
    policies = published()
    there = cloud.client("iam", estate.member)
    there.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(estates.ASSUMED))
    there.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=json.dumps(policies["member"]))
    environments = {"": user(cloud, "whole", policies["home"])}
    for n, (action, *_) in enumerate(NEEDED):
        environments[action] = user(cloud, f"part-{n}", without(policies["home"], action))
    config = estates.config(estate)
    place = tmp_path_factory.mktemp("policies")
    cloud.recorder.take()

    def run(action: str) -> tuple[tool.Snapshot, list[dict[str, Any]]]:
        folder = place / (action.replace(":", "-") or "whole")
        taken = tool.snapshot(folder, config, environments[action], *SOURCES)
        named = [word for source in SOURCES for word in ("--source", source)]
        file = str(folder / "countersign.toml")
        ran = tool.call(
            "--config", file, "preflight", "--format", "json", *named, environment=environments[action]
        )
        # moto has no boundaries and no applications, so something fails always.
        assert ran.returncode == tool.INCOMPLETE, ran.stderr
        return taken, json.loads(ran.stdout)

    # Each mostly waits for its own quotas.
    with cloud.policies_enforced(), ThreadPoolExecutor(6) as pool:
        runs = dict(zip(environments, pool.map(run, environments), strict=True))
    asked = cloud.recorder.take()
    keys = {action: of["AWS_ACCESS_KEY_ID"] for action, of in environments.items()}
    all_judged = {
        action: Judged(taken, [a for a in asked if a.key == keys[action]], preflight)
        for action, (taken, preflight) in runs.items()
    }
    assumed = [a for a in asked if a.key not in keys.values()]
    return all_judged | {ASSUMED: Judged(*runs[""][:1], assumed, [])}


def test_the_policy_is_enough(judged: dict[str, Judged]) -> None:
    whole = judged[""]
    assert [a for a in whole.asked if a.status in (401, 403)] == []
    assert [a for a in judged[ASSUMED].asked if a.status in (401, 403)] == []
    # moto has no boundaries and no applications: status 500, which is no refusal.
    assert set(tool.worst(whole.taken)) == {
        "permission_set",
        "permission_set_policy",
        "permission_set_provisioning",
        "identity_center_application",
        "application_assignment",
    }
    assert all("permission_needed" not in t for t in whole.taken.manifest["tables"])


def test_nothing_is_tried_beyond_the_policy(judged: dict[str, Judged]) -> None:
    policies = published()
    always = {"sts:GetCallerIdentity"}  # Nobody can be refused it.
    tried = {a.action for a in judged[""].asked}
    assert tried <= actions(policies["home"], "Allow") | always
    assert {a.action for a in judged[ASSUMED].asked} <= actions(policies["member"], "Allow") | always


def test_nothing_is_granted_that_is_never_used(judged: dict[str, Judged]) -> None:
    """But for what moto gives no cause to ask."""
    granted = actions(published()["home"], "Allow")
    tried = {a.action for a in judged[""].asked}
    elsewhere = {
        "cloudtrail:LookupEvents",
        "sso:ListAccountAssignments",
        "sso:ListApplicationAssignments",
    }
    assert granted - tried == elsewhere


def test_no_value_is_ever_asked_for(judged: dict[str, Judged]) -> None:
    assert not VALUES & {a.action for j in judged.values() for a in j.asked}
    assert {v for v in VALUES if not v.startswith(("kms", "lambda"))} <= actions(published()["home"], "Deny")


@pytest.mark.parametrize(("action", "table", "state"), NEEDED, ids=[a for a, *_ in NEEDED])
def test_without_an_action_the_table_says_what_it_needs(
    judged: dict[str, Judged], action: str, table: str, state: str
) -> None:
    taken = judged[action].taken
    assert taken.code == tool.INCOMPLETE
    said = taken.table(table)
    assert said["state"] == state, said["reasons"]
    assert said.get("permission_needed") == action
    assert action in taken.said or action in " ".join(said["reasons"])
    refused = [a.action for a in judged[action].asked if a.status in (401, 403)]
    assert set(refused) == {action}


def test_a_preflight_finds_nothing_missing_from_the_policy(judged: dict[str, Judged]) -> None:
    said = {
        p["call"]: p["result"] for p in judged[""].preflight if p["result"] not in ("granted", "not tried")
    }
    assert said == {"GetPermissionsBoundaryForPermissionSet": "failed", "ListApplications": "failed"}


# The report is read only once it was made.
TRIED = [action for action, *_ in NEEDED if action != "iam:GetCredentialReport"]


@pytest.mark.parametrize("action", TRIED)
def test_a_preflight_names_the_action_that_is_missing(judged: dict[str, Judged], action: str) -> None:
    denied = {p["permission"] for p in judged[action].preflight if p["result"] == "denied"}
    assert denied == {action}


def test_a_key_that_nobody_knows_gives_no_empty_snapshot(cloud: Cloud, tmp_path: Path) -> None:
    wrong = cloud.environment() | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN000000000"}
    file = tmp_path / "countersign.toml"
    file.write_text("[sources.iam]\nenabled = true\n")
    named = [word for source in SOURCES for word in ("--source", source)]
    with cloud.policies_enforced():
        ran = tool.call(
            "--config", str(file), "--data", str(tmp_path / "data"), "snapshot", *named, environment=wrong
        )
    assert ran.returncode != tool.COMPLETE
    for manifest in tmp_path.glob("data/snapshot=*/manifest.json"):
        states = {t["state"] for t in json.loads(manifest.read_text())["tables"] if t["source"] in SOURCES}
        assert "complete" not in states
    assert HOME not in ran.stdout
