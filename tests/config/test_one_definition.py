"""Compose, Dockerfile, .env.example and locks say what the code says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.env import EnvironmentValueError
from config.processes import process_commands

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load(
    (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))
READ_SETTING = re.compile(r'env_(?:bool|int|list|secret|str)\(\s*["\']([A-Z_]+)')
SHOWN_SETTING = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def test_compose_runs_exactly_the_processes_of_the_supervisor() -> None:
    commands = {
        name: service["command"]
        for name, service in SERVICES.items()
        if "build" in service and name != "prepare"
    }
    assert commands == {
        name: ["python", "-m", "config.processes", name] for name in process_commands()
    }


def test_only_the_preparation_knows_the_owner() -> None:
    knowing = {
        name
        for name, service in SERVICES.items()
        if "DESK_OWNER_PASSWORD"
        in str(service["environment"] if "build" in service else "")
    }
    assert knowing == {"prepare"}


def test_every_process_waits_for_the_prepared_database() -> None:
    for name in process_commands():
        waits_for = SERVICES[name]["depends_on"]["prepare"]["condition"]
        assert waits_for == "service_completed_successfully"


def test_image_becomes_the_web_process_of_an_unprivileged_user() -> None:
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    instructions = [line.split(" ", 1) for line in lines if re.match(r"[A-Z]+ ", line)]
    assert instructions[-1] == ["CMD", '["python", "-m", "config.processes", "web"]']
    assert [words for key, words in instructions if key == "USER"] == ["desk"]
    installs = [words for _, words in instructions if "pip install" in words]
    assert installs
    assert all(i.count("pip install") == i.count("--require-hashes") for i in installs)


def test_every_setting_is_shown_in_the_example() -> None:
    sources = [CHECKOUT / "manage.py"]
    for folder in ("accounts", "config", "recovery", "tests/plugins"):
        sources += (CHECKOUT / folder).rglob("*.py")
    read = {
        name
        for source in sources
        for name in READ_SETTING.findall(source.read_text(encoding="utf-8"))
    }
    example = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    of_compose = {"DESK_OWNER_PASSWORD", "DESK_APP_PASSWORD"}
    assert set(SHOWN_SETTING.findall(example)) == read | of_compose


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_holds_no_address_and_no_option(lock: Path) -> None:
    for line in lock.read_text(encoding="utf-8").splitlines():
        assert "://" not in line
        assert not line.startswith("-"), line
        assert line.startswith("    --hash=sha256:") or "==" in line, line


@pytest.mark.parametrize("name", ["run", "dev", "mutants", "uv"])
def test_lock_covers_what_was_asked_for(name: str) -> None:
    asked = (CHECKOUT / "requirements" / f"{name}.in").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z][A-Za-z0-9-]*)", asked, re.MULTILINE)
    assert {normal(n) for n in names} <= locked(name).keys()


def test_dev_lock_agrees_with_the_run_lock() -> None:
    assert locked("run").items() <= locked("dev").items()


def test_unknown_port_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("0", "-1", "65536", "http"):
        monkeypatch.setenv("PORT", port)
        with pytest.raises(EnvironmentValueError, match="PORT"):
            process_commands()


def locked(name: str) -> dict[str, str]:
    text = (CHECKOUT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE)
    return {normal(package): version for package, version in pins}


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
