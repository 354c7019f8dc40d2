#!/usr/bin/env python3
"""A small organisation, a snapshot and a check a day: time, disk and dates.

    benches/days.py [DAYS] [PROGRAM]

5,000 memberships in 100 groups, of which 1 in 100 changes every day. Now and
then the sync forgets to remove somebody for a few days, sometimes the same
person again. The dates and states that every check gives those are compared
with what was planted; the first difference ends the run. Figures of the last
run stand in benches/RESULTS.md.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parent.parent / "target"))
PROGRAM = sys.argv[2] if len(sys.argv) > 2 else str(TARGET / "release/countersign")
START = datetime(2024, 1, 1, 6, tzinfo=UTC)
PEOPLE, GROUPS, EACH = 2000, 100, 50
RULE = "entra/membership-without-source"
CONFIG = """[identity_center]
sync_owners = false
[sources.github]
enabled = false
[sources.secrets_manager]
enabled = false
[sources.auth0]
enabled = false
"""


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def group(number: int) -> str:
    return f"azure-aws-sso-team-{number:03}"


def person(number: int) -> str:
    return f"person.{number:04}@example.gov.uk"


class Organisation:
    """Who is in which group, on either side."""

    def __init__(self) -> None:
        self.random = random.Random(20260101)
        self.members = {
            (g, p) for g in range(GROUPS) for p in self.random.sample(range(PEOPLE), EACH)
        }
        # Forgotten memberships, with the day on which the sync remembers.
        self.forgotten: dict[tuple[int, int], int] = {}
        self.once_forgotten: list[tuple[int, int]] = []

    def live_a_day(self, today: int) -> None:
        for pair in [p for p, until in self.forgotten.items() if until <= today]:
            del self.forgotten[pair]
        leaving = self.random.sample(sorted(self.members), len(self.members) // 200)
        self.members -= set(leaving)
        for pair in self.random.sample(leaving, 2):
            self.forgotten[pair] = today + self.random.randint(1, 9)
            self.once_forgotten.append(pair)
        if self.once_forgotten and today % 3 == 0:
            again = self.random.choice(self.once_forgotten)
            if again not in self.members:
                self.forgotten[again] = today + self.random.randint(1, 9)
        joining = GROUPS * EACH - len(self.members)
        while joining:
            pair = (self.random.randrange(GROUPS), self.random.randrange(PEOPLE))
            if pair not in self.members and pair not in self.forgotten:
                self.members.add(pair)
                joining -= 1

    def export(self, folder: Path) -> None:
        made = stamp(START - timedelta(days=400))
        entra, aws = folder / "entra", folder / "aws"
        (entra / "group-members").mkdir(parents=True, exist_ok=True)
        (entra / "group-owners").mkdir(exist_ok=True)
        aws.mkdir(exist_ok=True)

        def write(path: Path, document: object) -> None:
            path.write_text(json.dumps(document))

        def user(number: int) -> dict[str, object]:
            return {
                "id": f"u-{number:04}",
                "displayName": person(number),
                "userPrincipalName": person(number),
                "mail": person(number),
                "accountEnabled": True,
                "userType": "Member",
                "createdDateTime": made,
            }

        write(entra / "users.json", {"value": [user(p) for p in range(PEOPLE)]})
        groups = [
            {"id": f"g-{g:03}", "displayName": group(g), "createdDateTime": made, "securityEnabled": True}
            for g in range(GROUPS)
        ]
        write(entra / "groups.json", {"value": groups})
        inside: dict[int, list[int]] = {g: [] for g in range(GROUPS)}
        for g, p in sorted(self.members):
            inside[g].append(p)
        for g, people in inside.items():
            kind = "#microsoft.graph.user"
            write(
                entra / f"group-members/g-{g:03}.json",
                {"value": [{"@odata.type": kind, "id": f"u-{p:04}"} for p in people]},
            )
            write(entra / f"group-owners/g-{g:03}.json", {"value": []})
        users = [
            {
                "UserId": f"i-{p:04}",
                "UserName": person(p),
                "DisplayName": person(p),
                "Emails": [{"Value": person(p), "Type": "EntraId", "Primary": True}],
                "CreatedAt": made,
            }
            for p in range(PEOPLE)
        ]
        write(aws / "identitystore-users.json", {"Users": users})
        copies = [{"GroupId": f"c-{g:03}", "DisplayName": group(g), "CreatedAt": made} for g in range(GROUPS)]
        write(aws / "identitystore-groups.json", {"Groups": copies})
        copied: dict[int, list[dict[str, object]]] = {g: [] for g in range(GROUPS)}
        for g, p in sorted(self.members | set(self.forgotten)):
            member = {"UserId": f"i-{p:04}"}
            copied[g].append({"GroupId": f"c-{g:03}", "MembershipId": f"m-{g:03}-{p:04}", "MemberId": member})
        # One answer for each group, as the command line prints them.
        answers = "\n".join(json.dumps({"GroupMemberships": rows}) for rows in copied.values())
        (aws / "identitystore-group-memberships.json").write_text(answers)
        account = {"Id": "000000000001", "Name": "ledger-production", "Status": "ACTIVE", "State": "ACTIVE"}
        write(aws / "organizations-accounts.json", {"Accounts": [account]})
        arn = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000001"
        write(aws / "sso-permission-sets.json", {"PermissionSet": {"PermissionSetArn": arn, "Name": "ReadOnly"}})
        assignments = [
            {
                "AccountId": "000000000001",
                "PermissionSetArn": arn,
                "PrincipalType": "GROUP",
                "PrincipalId": f"c-{g:03}",
            }
            for g in range(GROUPS)
        ]
        write(aws / "sso-account-assignments.json", {"AccountAssignments": assignments})


class Expected:
    """What a check must say of the forgotten, by resource."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.yesterday: set[str] = set()

    def today(self, at: str, forgotten: Iterator[tuple[int, int]]) -> dict[str, tuple[str, str]]:
        now = {f"{group(g)}/{person(p)}" for g, p in forgotten}
        says = {}
        for resource in now:
            seen = self.first.setdefault(resource, at)
            state = "open" if resource in self.yesterday else ("new" if seen == at else "reopened")
            says[resource] = (state, seen)
        for resource in self.yesterday - now:
            says[resource] = ("resolved", self.first[resource])
        self.yesterday = now
        return says


def timed(*arguments: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    start = time.monotonic()
    ran = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    return time.monotonic() - start, ran


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        config, data, exports = root / "countersign.toml", root / "data", root / "exports"
        config.write_text(CONFIG)
        shared = ["--config", str(config), "--data", str(data), "--quiet"]
        organisation, expected = Organisation(), Expected()
        whole = time.monotonic()
        print(f"{'day':>5} {'snapshot s':>11} {'check s':>8} {'diff s':>7} {'MB on disk':>11} {'findings':>9}")
        previous = ""
        for day in range(1, DAYS + 1):
            organisation.live_a_day(day)
            organisation.export(exports)
            at = stamp(START + timedelta(days=day))
            sealing, ran = timed(*shared, "snapshot", "--from", str(exports), "--as-of", at)
            # 2: sources that this organisation does not export.
            assert ran.returncode in (0, 2), ran.stderr
            checking, ran = timed(*shared, "check", "--format", "json")
            assert ran.returncode in (0, 1, 2), ran.stderr
            findings = json.loads(ran.stdout)["findings"]
            says = {f["resource"]: (f["state"], f["first_seen"]) for f in findings if f["rule"] == RULE}
            wants = expected.today(at, iter(organisation.forgotten))
            assert says == wants, f"day {day}: said {says.items() - wants.items()}, planted {wants.items() - says.items()}"
            snapshot = at.replace(":", "-")
            if day in (2, 10, 100, 250, 500, 750) or day == DAYS:
                comparing, ran = timed(*shared, "diff", previous, snapshot)
                assert ran.returncode in (0, 1, 2), ran.stderr
                size = sum(f.stat().st_size for f in data.rglob("*") if f.is_file()) / 1e6
                print(
                    f"{day:>5} {sealing:>11.2f} {checking:>8.2f} {comparing:>7.2f} {size:>11.1f} {len(findings):>9}",
                    flush=True,
                )
            previous = snapshot
        print(f"{DAYS} days in {time.monotonic() - whole:.0f} s; every first-seen date and state as planted")


if __name__ == "__main__":
    main()
