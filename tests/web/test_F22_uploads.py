"""Huge, slow and broken-off uploads (F22): bounded, and half a file is no file."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from config.uploads import BoundedUploadHandler
from config.whole_bodies import CountedBodies, CountedBody
from recovery.models import SourceFile
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TOKEN = "a" * 32
LEDGER = b"#recovery-desk,house-ledger,1\n" + b"row,1,2,3\n" * 400


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    """A request ends in closing old connections; this test's must not go."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


def upload_body() -> bytes:
    """A form whose file comes last: all that was asked for stands before it."""
    fields = {"csrfmiddlewaretoken": TOKEN, "provenance": "house"}
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        '--B\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    return "".join([*parts, head]).encode() + LEDGER + b"\r\n--B--\r\n"


def post(user: User, sent: bytes, said: int) -> str:
    """Send some bytes of a body that was said to be longer; the status."""
    cookies = signed_in(user).cookies
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": reverse("admin:recovery_sourcefile_list_act", args=["upload"]),
        "CONTENT_TYPE": "multipart/form-data; boundary=B",
        "CONTENT_LENGTH": str(said),
        "HTTP_COOKIE": f"csrftoken={TOKEN}; sessionid={cookies['sessionid'].value}",
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    status: list[str] = []
    from config.wsgi import application

    answer = application(environ, lambda line, _headers: status.append(line))
    b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return status[0]


def test_f22_a_whole_upload_is_stored(ada: User) -> None:
    body = upload_body()
    assert post(ada, body, len(body)).startswith("302")
    assert SourceFile.objects.get().bytes_size == len(LEDGER)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_f22_an_upload_broken_off_at_a_quarter_is_refused(
    quarter: int, ada: User, tmp_path: Path
) -> None:
    body = upload_body()
    status = post(ada, body[: len(body) * quarter // 4], len(body))

    assert status.startswith("4")
    assert not SourceFile.objects.exists()
    assert [path for path in tmp_path.iterdir() if path.name != "files"] == []


def test_f22_bytes_beyond_the_limit_are_counted_and_not_kept(
    settings: Settings,
) -> None:
    settings.UPLOAD_BYTES_MAX = 1_000
    handler = BoundedUploadHandler()
    handler.new_file("file", "l.csv", "text/csv", None)
    for start in range(0, 1_000_000, 1_000):
        handler.receive_data_chunk(b"x" * 1_000, start)
    file = handler.file_complete(1_000_000)
    assert file.size == 1_000_000
    assert Path(file.temporary_file_path()).stat().st_size <= 2_000
    file.close()


def test_f22_a_body_ends_where_it_was_said_to() -> None:
    body = CountedBody(io.BytesIO(b"one\ntwo\nmore"), 8)
    assert (body.readline(), body.read(), body.read()) == (b"one\n", b"two\n", b"")
    assert not body.is_broken_off


def test_f22_a_slow_body_is_read_as_it_comes() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 1))

    body = CountedBody(Slow(b"slowly"), 7)
    assert b"".join(body.read(100) for _ in range(6)) == b"slowly"
    assert not body.is_broken_off
    assert body.read(100) == b""
    assert body.is_broken_off


def test_f22_a_length_that_is_no_number_is_left_to_django() -> None:
    environ = {"CONTENT_LENGTH": "many", "wsgi.input": io.BytesIO()}
    CountedBodies(lambda _environ, _start: [])(environ, None)
    assert isinstance(environ["wsgi.input"], io.BytesIO)
