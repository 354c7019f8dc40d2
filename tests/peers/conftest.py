"""Servers that the judges share; each is ended by whoever started it."""

import logging
from collections.abc import Iterator

import pytest

import cloud as clouds
import faults
import simulation


@pytest.fixture(scope="session")
def moto() -> Iterator[clouds.Cloud]:
    """moto, which modules seed anew."""
    # What moto does not have is a stack trace each time.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with clouds.fresh_reports(), clouds.serve() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def cloud(moto: clouds.Cloud) -> Iterator[clouds.Cloud]:
    """moto with nothing in it."""
    moto.reset()
    yield moto
    moto.reset()


@pytest.fixture(scope="session")
def wiremock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[faults.WireMock]:
    """A server that answers as it is told, and says what it was asked."""
    with faults.serve(tmp_path_factory.mktemp("wiremock")) as server:
        yield server


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[simulation.Simulation]:
    """The program's own simulated services, which others' clients judge."""
    with simulation.serve(tmp_path_factory.mktemp("simulated")) as served:
        yield served
