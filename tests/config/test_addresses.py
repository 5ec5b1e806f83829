"""Addresses follow from the environment, else from the run folder's path."""

from pathlib import Path

import pytest

from config.engines.addresses import (
    DatabaseRole,
    broker_url_from_env,
    database_from_env,
    database_role_from_env,
    embedded_database,
    embedded_redis_url,
    make_run_folder,
    redis_client_url,
    run_folder,
    socket_folder,
)
from config.env import EnvironmentValueError

APP = "postgresql://desk_app:p%40ss@db.example.com:5433/desk"
OWNER = "postgresql://desk_owner:secret@db.example.com:5433/desk?sslmode=require"
SOCKET_BYTES_MAX = 107


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ROLE", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a@b/c",
        "postgresql://a@b",
        "postgresql://a@b/",
        "postgresql://a@b/c/d",
        "postgresql://a@b:port/c",
        "postgresql://a@b:70000/c",
        "postgresql://[a/c",
        "postgresql://a@b/c?sslmode",
        "postgresql://a@b/c?options=-cfsync%3Doff",
        "nonsense",
    ],
)
def test_address_that_is_not_understood_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(EnvironmentValueError, match="DATABASE_URL") as refusal:
        database_from_env()
    assert url not in str(refusal.value)


def test_unknown_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_ROLE", "root")
    with pytest.raises(EnvironmentValueError, match="app, owner or none"):
        database_role_from_env()


def test_address_that_is_no_redis_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "amqp://broker.example.com")
    with pytest.raises(EnvironmentValueError, match="REDIS_URL"):
        broker_url_from_env()


def test_run_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RUN_DIR", str(tmp_path / "file" / "run"))
    with pytest.raises(EnvironmentValueError, match="RUN_DIR"):
        make_run_folder()


def test_command_without_database_cannot_reach_one() -> None:
    engine = database_from_env(DatabaseRole.NONE)["ENGINE"]
    assert engine == "django.db.backends.dummy"


def test_owner_has_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", APP)
    assert database_from_env(DatabaseRole.OWNER)["USER"] == "desk_app"
    monkeypatch.setenv("DATABASE_OWNER_URL", OWNER)
    owner = database_from_env(DatabaseRole.OWNER)
    assert (owner["USER"], owner["PASSWORD"]) == ("desk_owner", "secret")
    assert owner["OPTIONS"] == {"sslmode": "require"}
    app = database_from_env()
    assert (app["USER"], app["PASSWORD"], app["NAME"]) == ("desk_app", "p@ss", "desk")
    assert (app["HOST"], app["PORT"]) == ("db.example.com", "5433")


def test_socket_folder_may_be_named_as_host(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://desk_app@/desk?host=/run/postgresql"
    monkeypatch.setenv("DATABASE_URL", url)
    assert database_from_env()["HOST"] == "/run/postgresql"


def test_embedded_servers_follow_from_the_run_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN_DIR", str(tmp_path))
    assert database_from_env() == embedded_database(run_folder(), DatabaseRole.APP)
    assert database_from_env(DatabaseRole.OWNER)["USER"] == "desk_owner"
    broker = broker_url_from_env()
    assert broker == embedded_redis_url(tmp_path)
    assert redis_client_url(broker) == f"unix://{socket_folder(tmp_path)}/redis.sock"
    assert redis_client_url("redis://a:6379/0") == "redis://a:6379/0"


def test_sockets_are_short_however_long_the_path_is(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 120) / ("b" * 120)
    assert len(str(socket_folder(deep) / ".s.PGSQL.5432.lock")) < SOCKET_BYTES_MAX
    assert socket_folder(deep) != socket_folder(tmp_path)


def test_one_folder_has_one_address_by_all_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert socket_folder(tmp_path / "link") == socket_folder(tmp_path / "real")
