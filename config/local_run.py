"""What a desk on one machine needs beside its processes: port, secret, static files."""

import hashlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.engines.addresses import DatabaseRole
from config.env import env_secret

CHECKOUT = Path(__file__).resolve().parent.parent
_HOST = "127.0.0.1"
_ANSWER_SECONDS = 2.0
_STDERR = 2
# Filled and shown at the first start, where the commands exist.
_FIRST_COMMANDS = (("demo_data", "--if-empty"), ("desk_card",))


def is_port_free(port: int) -> bool:
    """Tell whether the web process could listen on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def site_answers(port: int) -> bool:
    """Tell whether the web process answers a request, whatever it answers."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def local_environment(run_dir: Path) -> dict[str, str]:
    """Give the environment of the processes of a desk on this machine."""
    return {
        **os.environ,
        "DATABASE_ROLE": DatabaseRole.APP,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOCAL_HTTP": os.environ.get("LOCAL_HTTP", "true"),
        "PYTHONUNBUFFERED": "1",
        "RUN_DIR": str(run_dir),
        **secret_key_environment(run_dir),
    }


def secret_key_environment(run_dir: Path) -> Mapping[str, str]:
    """Name the run folder's own secret, so that sessions outlive a restart.

    Empty when the environment brings a secret.
    """
    if env_secret("DJANGO_SECRET_KEY") is not None:
        return {}
    path = run_dir / "secret-key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return {"DJANGO_SECRET_KEY_FILE": str(path)}


def collect_static_files(run_dir: Path, environment: Mapping[str, str]) -> None:
    """Lay the static files out for the web process, unless nothing has changed.

    Raises:
        CalledProcessError: Django could not collect them; it has said why.
    """
    stamp, wanted = run_dir / "static.stamp", _static_digest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run(  # our own fixed command
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**environment, "DATABASE_ROLE": DatabaseRole.NONE},
        stdin=subprocess.DEVNULL,
        stdout=_STDERR,
        check=True,
    )
    stamp.write_text(wanted, encoding="utf-8")


def first_commands() -> Iterator[tuple[str, ...]]:
    """Give the command lines that fill a new desk and show how to sign in."""
    folder = CHECKOUT / "recovery" / "management" / "commands"
    for name, *words in _FIRST_COMMANDS:
        if (folder / f"{name}.py").exists():
            yield (sys.executable, "manage.py", name, *words)


def _write_once(path: Path, text: str) -> None:
    """Write a private file in one step: a second writer at the same time loses."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _static_digest() -> str:
    digest = hashlib.sha256((CHECKOUT / "requirements" / "run.txt").read_bytes())
    folders = (CHECKOUT / "templates" / "static", CHECKOUT / "recovery" / "static")
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            found = path.stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
