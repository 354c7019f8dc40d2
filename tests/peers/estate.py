"""Directories that moto is seeded with: a large one and a small one."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from cloud import HOME, OTHER_REGION, REGION, Cloud

# Members of the groups that stand at the edges of a page of 100.
EDGES = (0, 1, 99, 100, 101, 250)
GONE = "9067f0e1d2-11111111-2222-3333-4444-555555555555"
ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
INLINE = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
)


@dataclass
class Estate:
    """Ids of what was made."""

    cloud: Cloud
    instance: str = ""
    store: str = ""
    member: str = ""
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    def found(self, accounts: int) -> None:
        """The organisation and its instance of Identity Center."""
        organizations = self.cloud.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        for n in range(accounts - 1):
            name = f"team-{n}-production" if n % 2 else f"team-{n}-development"
            organizations.create_account(AccountName=name, Email=f"root-{n}@example.test")
        # Ids as the service pages them, so that pages are followed once here too.
        pages = organizations.get_paginator("list_accounts").paginate()
        self.accounts = [a["Id"] for page in pages for a in page["Accounts"]]
        self.member = next(a for a in self.accounts if a != HOME)
        found = self.cloud.client("sso-admin").list_instances()["Instances"][0]
        self.instance, self.store = found["InstanceArn"], found["IdentityStoreId"]

    def directory(self, users: int, sizes: list[int]) -> None:
        """People and groups of these sizes, without the way over HTTP: it is slow."""
        backend = get_backend("identitystore")[HOME][REGION]
        for n in range(users):
            mails = [{"Value": f"p{n}@example.test", "Type": "EntraId" if n % 3 else "work", "Primary": True}]
            name = {"GivenName": f"Pat {n}", "FamilyName": "Møller" if n % 5 else "O'Neill"}
            identity, _ = backend.create_user(
                self.store,
                f"p{n}@example.test",
                name,
                f"Pat {n} Møller",
                "",
                "",
                mails if n % 7 else [],
                [],
                [],
                "",
                "",
                "",
                "",
                "",
            )
            self.users.append(identity)
        for n, size in enumerate(sizes):
            prefix = "azure-aws-sso-" if n % 2 else "team-"
            identity, _ = backend.create_group(self.store, f"{prefix}{n}", "")
            self.groups.append(identity)
            for user in self.users[:size]:
                backend.create_group_membership(self.store, identity, {"UserId": user})

    def permission_sets(self, count: int) -> None:
        """Permission sets with policies of AWS, of a customer, inline, and none."""
        sso = self.cloud.client("sso-admin")
        for n in range(count):
            made = sso.create_permission_set(
                InstanceArn=self.instance, Name=f"Level{n}", SessionDuration=f"PT{n % 12 + 1}H"
            )
            arn = made["PermissionSet"]["PermissionSetArn"]
            self.sets.append(arn)
            of = {"InstanceArn": self.instance, "PermissionSetArn": arn}
            if n % 4 == 0:
                for policy in ("ReadOnlyAccess", "AdministratorAccess"):
                    sso.attach_managed_policy_to_permission_set(
                        **of, ManagedPolicyArn=f"arn:aws:iam::aws:policy/{policy}"
                    )
            if n % 4 == 1:
                for path in ("/", "/platform/"):
                    sso.attach_customer_managed_policy_reference_to_permission_set(
                        **of, CustomerManagedPolicyReference={"Name": "boundary", "Path": path}
                    )
            if n % 4 == 2:
                sso.put_inline_policy_to_permission_set(**of, InlinePolicy=INLINE)

    def assign(self, account: str, permission_set: str, kind: str, principal: str) -> None:
        """An account assignment."""
        backend = get_backend("sso-admin")[HOME][REGION]
        backend.create_account_assignment(
            self.instance, account, "AWS_ACCOUNT", permission_set, kind, principal
        )

    def assignments(self, groups: int, users: int) -> None:
        """Assignments of groups and of users, spread over accounts and permission sets."""
        for n in range(groups):
            self.assign(
                self.accounts[n % len(self.accounts)],
                self.sets[n % len(self.sets)],
                "GROUP",
                self.groups[n % len(self.groups)],
            )
        for n in range(users):
            self.assign(self.accounts[-1 - n], self.sets[n % len(self.sets)], "USER", self.users[-1 - n])

    def secrets(self, each: int) -> None:
        """Secrets in two accounts and two Regions: live, planned for deletion, replicated."""
        for account in (HOME, self.member):
            for region in (REGION, OTHER_REGION):
                client = self.cloud.client("secretsmanager", account, region)
                for n in range(each):
                    name = f"identity/{region}/job-{n}"
                    replica: dict[str, Any] = {}
                    if n == 1 and region == REGION:
                        replica = {"AddReplicaRegions": [{"Region": OTHER_REGION}]}
                    client.create_secret(
                        Name=name, SecretString="never to be read", Description=f"Secret {n}", **replica
                    )
                    if n == 2:
                        client.put_secret_value(SecretId=name, SecretString="nor this one")
                    if n == 4:
                        client.rotate_secret(SecretId=name, RotationRules={"AutomaticallyAfterDays": 30})
                    if n == 3:
                        client.delete_secret(SecretId=name, RecoveryWindowInDays=7)

    def keys(self, users: int) -> None:
        """IAM users with no, one and two keys, and roles, in both accounts."""
        for account in (HOME, self.member):
            iam = self.cloud.client("iam", account)
            for n in range(users):
                iam.create_user(UserName=f"service-{n}")
                for slot in range(n % 3):
                    key = iam.create_access_key(UserName=f"service-{n}")["AccessKey"]["AccessKeyId"]
                    if slot:
                        iam.update_access_key(UserName=f"service-{n}", AccessKeyId=key, Status="Inactive")
            for name in ("pipeline", "AWSReservedSSO_Level0_0123456789abcdef"):
                iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ASSUMED))


def large(cloud: Cloud) -> Estate:
    """More than one page of everything."""
    estate = Estate(cloud)
    estate.found(43)
    sizes = [*EDGES, *(n % 4 for n in range(105))]
    estate.directory(260, sizes)
    estate.permission_sets(9)
    estate.assignments(120, 12)
    estate.secrets(5)
    estate.keys(7)
    return estate


def small(cloud: Cloud) -> Estate:
    """A little of everything, for runs that are repeated often."""
    estate = Estate(cloud)
    estate.found(3)
    estate.directory(4, [0, 1, 3])
    estate.permission_sets(3)
    estate.assignments(3, 1)
    estate.secrets(4)
    estate.keys(3)
    return estate


def config(estate: Estate) -> str:
    """A configuration that reads both accounts and both Regions."""
    accounts = json.dumps([HOME, estate.member])
    regions = json.dumps([REGION, OTHER_REGION])
    return f"""
[sources.secrets_manager]
accounts = {accounts}
regions = {regions}
role = "countersign-read"
[sources.iam]
enabled = true
accounts = {accounts}
role = "countersign-read"
[sources.cloudtrail]
enabled = true
"""
