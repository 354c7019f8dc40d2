"""moto's AWS on loopback, in this process, with a record of what it was asked."""

import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

HOME = DEFAULT_ACCOUNT_ID
REGION = "eu-west-2"
OTHER_REGION = "eu-west-1"
# Operations that would hand out a value or a token, whatever a policy allows.
VALUES = frozenset(
    {
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "kms:Decrypt",
        "lambda:GetFunction",
    }
)


@dataclass(frozen=True)
class Asked:
    """A request: the action of IAM that it is, whose key signed it, and the answer."""

    action: str
    region: str
    key: str
    status: int
    client: str


Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Recorder:
    """Notes every request before moto sees it, and the status of its answer."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.asked: list[Asked] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        signed = environ.get("HTTP_AUTHORIZATION", "")
        scope = signed.partition("Credential=")[2].partition(",")[0].split("/")
        if len(scope) < 5:
            return self._app(environ, start)
        key, _, region, service, _ = scope
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        operation = target.rpartition(".")[2] or _action(environ)

        def note(status: int) -> None:
            client = environ.get("HTTP_USER_AGENT", "")
            with self._lock:
                self.asked.append(Asked(f"{service}:{operation}", region, key, status, client))

        def noted(status: str, *rest: Any) -> Any:
            note(int(status.split()[0]))
            return start(status, *rest)

        try:
            return self._app(environ, noted)
        except NotImplementedError:
            # The server makes a page of HTML of what moto does not have.
            note(500)
            raise

    def take(self) -> list[Asked]:
        """What was asked since the last call."""
        with self._lock:
            taken, self.asked = self.asked, []
        return taken


def _action(environ: dict[str, Any]) -> str:
    """The action of a form, which is left for moto to read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(body)
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
    return form.get("Action", [environ.get("PATH_INFO", "")])[0]


@dataclass
class Cloud:
    """A running moto."""

    endpoint: str
    recorder: Recorder
    keys: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)

    def client(self, service: str, account: str = HOME, region: str = REGION) -> Any:
        """A client of boto3 that speaks for an account."""
        key, secret, token = self._keys(account)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            # An answer that moto does not have is no matter for repetition.
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _keys(self, account: str) -> tuple[str, str, str | None]:
        if account == HOME:
            return "AKIAAAAAAAAAAAAAAAAA", "judge", None
        if account not in self.keys:
            role = f"arn:aws:iam::{account}:role/judge"
            given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="judge")
            c = given["Credentials"]
            self.keys[account] = (c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])
        return self.keys[account]

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Variables that lead any client of AWS here, or to what stands in front."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA",
            "AWS_SECRET_ACCESS_KEY": "judge",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def reset(self) -> None:
        """Forgets everything that was made."""
        self._post("reset", "")
        self.keys.clear()
        self.recorder.take()

    @contextmanager
    def policies_enforced(self) -> Iterator[None]:
        """Evaluates policies and checks signatures for a while."""
        self._post("reset-auth", "0")
        try:
            yield
        finally:
            self._post("reset-auth", "inf")

    def _post(self, what: str, body: str) -> None:
        # Any other content type and Flask would swallow the body.
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/{what}",
            data=body.encode(),
            headers={"content-type": "text/plain"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"


# moto dates every credential report so, as an old one that must not pass for a fresh one.
OLD = "2015-02-02T20:02:02Z"
old_report = IamResponse.get_credential_report


def _reported_now(self: Any) -> Any:
    answer = old_report(self)
    assert answer.result["GeneratedTime"] == OLD
    answer.result["GeneratedTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer


@contextmanager
def fresh_reports() -> Iterator[None]:
    """Dates credential reports at the moment, as AWS does with one that it just made."""
    IamResponse.get_credential_report = _reported_now
    try:
        yield
    finally:
        IamResponse.get_credential_report = old_report


@contextmanager
def serve() -> Iterator[Cloud]:
    """Runs moto on a free port."""
    recorder = Recorder(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, recorder, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Cloud(f"http://127.0.0.1:{server.server_port}", recorder)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
