"""The services that the program simulates, as a process that ends with its input."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tool import PROGRAM

# How much faster than real the quotas of the services are.
PACE = 50
# Access key, its secret, and the token of an assumed role.
Keys = tuple[str, str, str | None]


@dataclass(frozen=True)
class Simulation:
    """Where the services are."""

    place: Path
    graph: str
    login: str
    aws: str
    environment: dict[str, str]
    config: Path

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        """A client of boto3; its retries are those of anybody's script."""
        named = self.environment
        keys: Keys = (named["AWS_ACCESS_KEY_ID"], named["AWS_SECRET_ACCESS_KEY"], None)
        if account is not None and account != self.caller():
            keys = self._assumed(account)
        return boto3.client(
            service,
            region_name=region or named["AWS_REGION"],
            endpoint_url=self.aws,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2],
            config=Config(retries={"mode": "standard", "total_max_attempts": 8}),
        )

    def caller(self) -> str:
        """The account that the keys belong to."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def _assumed(self, account: str) -> Keys:
        role = f"arn:aws:iam::{account}:role/judge"
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="judge", Policy="{}")
        c = given["Credentials"]
        return c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"]


@contextmanager
def serve(place: Path) -> Iterator[Simulation]:
    """Runs the simulated services of a tiny organisation."""
    out = place / "organisation"
    command = [
        str(PROGRAM),
        "simulate",
        "--size",
        "tiny",
        "--seed",
        "1",
        "--pace",
        str(PACE),
        "--out",
        str(out),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            line = json.loads(process.stdout.readline())
            yield Simulation(
                out, line["graph"], line["login"], line["aws"], line["environment"], Path(line["config"])
            )
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
