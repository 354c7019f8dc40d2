"""What boto3 reads out of an AWS, page by page, as rows with natural ids.

Written without a look at the program under judgement: the service's own
documentation says how each list is walked.
"""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

# A client of a service for an account and a Region.
Clients = Callable[..., Any]
Row = tuple[Any, ...]


def pages(client: Any, operation: str, key: str, **given: Any) -> Iterator[Any]:
    """Items of every page of a list."""
    for page in client.get_paginator(operation).paginate(**given):
        yield from page[key]


def instance(clients: Clients) -> tuple[str, str]:
    """ARN and identity store of the only instance."""
    (found,) = clients("sso-admin").list_instances()["Instances"]
    return found["InstanceArn"], found["IdentityStoreId"]


def accounts(clients: Clients) -> list[Row]:
    """Id, name, mail address and state of the accounts."""
    return [
        (a["Id"], a["Name"], a["Email"], a.get("State") or a.get("Status"))
        for a in pages(clients("organizations"), "list_accounts", "Accounts")
    ]


def users(clients: Clients) -> list[Row]:
    """Id, user name, display name, primary address and its type."""
    _, store = instance(clients)
    rows = []
    for u in pages(clients("identitystore"), "list_users", "Users", IdentityStoreId=store):
        mails = u.get("Emails") or [{}]
        mail = next((m for m in mails if m.get("Primary")), mails[0])
        rows.append((u["UserId"], u["UserName"], u["DisplayName"], mail.get("Value"), mail.get("Type")))
    return rows


def groups(clients: Clients) -> list[Row]:
    """Id and display name."""
    _, store = instance(clients)
    found = pages(clients("identitystore"), "list_groups", "Groups", IdentityStoreId=store)
    return [(g["GroupId"], g["DisplayName"]) for g in found]


def memberships(clients: Clients) -> list[Row]:
    """Id of the membership, group and user."""
    _, store = instance(clients)
    client = clients("identitystore")
    return [
        (m["MembershipId"], group, m["MemberId"]["UserId"])
        for group, _ in groups(clients)
        for m in pages(
            client, "list_group_memberships", "GroupMemberships", IdentityStoreId=store, GroupId=group
        )
    ]


def permission_sets(clients: Clients) -> list[Row]:
    """ARN, name, session duration and inline policy."""
    arn, _ = instance(clients)
    sso = clients("sso-admin")
    rows = []
    for s in pages(sso, "list_permission_sets", "PermissionSets", InstanceArn=arn):
        of = {"InstanceArn": arn, "PermissionSetArn": s}
        d = sso.describe_permission_set(**of)["PermissionSet"]
        inline = sso.get_inline_policy_for_permission_set(**of)["InlinePolicy"]
        rows.append((s, d["Name"], d["SessionDuration"], inline or None))
    return rows


def policies(clients: Clients) -> list[Row]:
    """ARN of the permission set, kind and policy."""
    arn, _ = instance(clients)
    sso = clients("sso-admin")
    rows: list[Row] = []
    for s, *_ in permission_sets(clients):
        of = {"InstanceArn": arn, "PermissionSetArn": s}
        attached = pages(sso, "list_managed_policies_in_permission_set", "AttachedManagedPolicies", **of)
        rows += [(s, "aws-managed", p["Arn"]) for p in attached]
        own = pages(
            sso,
            "list_customer_managed_policy_references_in_permission_set",
            "CustomerManagedPolicyReferences",
            **of,
        )
        rows += [(s, "customer-managed", f"{p['Path']}{p['Name']}") for p in own]
    return rows


def provisioned(clients: Clients) -> list[Row]:
    """Account and permission set."""
    arn, _ = instance(clients)
    sso = clients("sso-admin")
    return [
        (account, s)
        for s in pages(sso, "list_permission_sets", "PermissionSets", InstanceArn=arn)
        for account in pages(
            sso,
            "list_accounts_for_provisioned_permission_set",
            "AccountIds",
            InstanceArn=arn,
            PermissionSetArn=s,
        )
    ]


def applications(clients: Clients) -> list[Row]:
    """ARN, name, provider, account and status."""
    arn, _ = instance(clients)
    found = pages(clients("sso-admin"), "list_applications", "Applications", InstanceArn=arn)
    return [
        (
            a["ApplicationArn"],
            a["Name"],
            a["ApplicationProviderArn"],
            a["ApplicationAccount"],
            a["Status"],
        )
        for a in found
    ]


def application_assignments(clients: Clients) -> list[Row]:
    """ARN of the application, kind of principal and principal."""
    sso = clients("sso-admin")
    return [
        (application, a["PrincipalType"], a["PrincipalId"])
        for application, *_ in applications(clients)
        for a in pages(
            sso, "list_application_assignments", "ApplicationAssignments", ApplicationArn=application
        )
    ]


def assignments(clients: Clients) -> list[Row]:
    """Account, permission set, kind of principal and principal: every pair is asked."""
    arn, _ = instance(clients)
    sso = clients("sso-admin")
    return [
        (a["AccountId"], a["PermissionSetArn"], a["PrincipalType"], a["PrincipalId"])
        for account, *_ in accounts(clients)
        for s in pages(sso, "list_permission_sets", "PermissionSets", InstanceArn=arn)
        for a in pages(
            sso,
            "list_account_assignments",
            "AccountAssignments",
            InstanceArn=arn,
            AccountId=account,
            PermissionSetArn=s,
        )
    ]


def secrets(clients: Clients, places: list[tuple[str, str]]) -> list[Row]:
    """Account, Region, ARN, name, description, rotation, its days, deletion, primary.

    A secret that was never set to rotate says nothing of rotation.
    """
    rows = []
    for account, region in places:
        client = clients("secretsmanager", account, region)
        for s in pages(client, "list_secrets", "SecretList", IncludePlannedDeletion=True):
            days = s.get("RotationRules", {}).get("AutomaticallyAfterDays")
            gone = s.get("DeletedDate") is not None
            rows.append(
                (
                    account,
                    region,
                    s["ARN"],
                    s["Name"],
                    s.get("Description"),
                    s.get("RotationEnabled"),
                    days,
                    gone,
                    s.get("PrimaryRegion"),
                )
            )
    return rows


def versions(clients: Clients, places: list[tuple[str, str]]) -> list[Row]:
    """ARN of the secret, version and stages; of secrets that live here."""
    rows = []
    for account, region in places:
        client = clients("secretsmanager", account, region)
        for s in pages(client, "list_secrets", "SecretList", IncludePlannedDeletion=True):
            if s.get("DeletedDate") or s.get("PrimaryRegion") not in (None, region):
                continue
            for v in client.list_secret_version_ids(SecretId=s["ARN"])["Versions"]:
                rows.append((s["ARN"], v["VersionId"], ";".join(sorted(v["VersionStages"]))))
    return rows


def access_keys(clients: Clients, of: list[str]) -> list[Row]:
    """Account, user and state of the keys, asked user by user and not from the report."""
    rows = []
    for account in of:
        iam = clients("iam", account)
        for u in pages(iam, "list_users", "Users"):
            for k in pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=u["UserName"]):
                rows.append((account, u["UserName"], k["Status"] == "Active"))
    return rows


def reported_keys(clients: Clients, of: list[str]) -> list[Row]:
    """Account, user, slot and state of the keys of the credential report."""
    rows = []
    for account in of:
        iam = clients("iam", account)
        while iam.generate_credential_report()["State"] != "COMPLETE":
            pass
        text = iam.get_credential_report()["Content"].decode()
        for user in csv.DictReader(io.StringIO(text)):
            for slot in (1, 2):
                # A slot that was never used has no date.
                if user[f"access_key_{slot}_last_rotated"] != "N/A":
                    active = user[f"access_key_{slot}_active"] == "true"
                    rows.append((account, user["user"], slot, active))
    return rows


def roles(clients: Clients, of: list[str]) -> list[Row]:
    """Account, name and ARN of the roles."""
    return [
        (account, r["RoleName"], r["Arn"])
        for account in of
        for r in pages(clients("iam", account), "list_roles", "Roles")
    ]
