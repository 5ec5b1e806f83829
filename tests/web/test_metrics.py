"""Figures for a monitoring system: who may read them, and what they say."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from recovery.models import Heartbeat, Job, JobKind, OutboxMessage
from recovery.services.audit_chain import audit_head_export
from recovery.tasks import heartbeat, sweep
from recovery.web.latency import BUCKETS, Latencies
from recovery.web.metrics import HELP
from tests.people import signed_in
from tests.web import makers

OPS = Path(__file__).resolve().parents[2] / "ops"
FILES = [OPS / "alert-rules.yml", OPS / "grafana-dashboard.json"]


@pytest.fixture(autouse=True)
def heads_of_this_test(settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path


def read(client: Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "192.0.2.7"},
    ],
)
@pytest.mark.django_db
def test_strangers_read_no_figures(client: Client, meta: dict[str, str]) -> None:
    assert client.get("/metrics", **meta).status_code == 403


@pytest.mark.django_db
def test_figures_cannot_be_posted_to(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


@pytest.mark.django_db
def test_waiting_work_is_counted_with_its_age(client: Client) -> None:
    now = timezone.now()
    for minutes in (5, 1):
        due_at = now - timedelta(minutes=minutes)
        Job.objects.create(kind=JobKind.IMPORT, due_at=due_at)
    Job.objects.create(kind=JobKind.ASSESS, due_at=now, state="quarantined")
    Job.objects.create(
        kind=JobKind.ASSESS, due_at=now, state="running", lease_until=now
    )
    Job.objects.create(kind=JobKind.ASSESS, due_at=now, state="done")
    figures = read(client)
    assert figures['desk_jobs{kind="import",state="due"}'] == 2
    assert figures['desk_jobs{kind="assess",state="quarantined"}'] == 1
    assert figures['desk_jobs{kind="workbook",state="due"}'] == 0
    assert 300 <= figures['desk_jobs_oldest_due_seconds{kind="import"}'] < 400
    assert figures["desk_jobs_lease_over"] == 1
    assert not any('state="done"' in name for name in figures)


@pytest.mark.django_db
def test_mails_files_and_breaks_are_counted(client: Client) -> None:
    OutboxMessage.objects.create(key="k", event="e", recipient="c@example.org")
    OutboxMessage.objects.create(
        key="l", event="e", recipient="c@example.org", state="unknown"
    )
    figures = read(client)
    assert figures['desk_outbox_messages{state="due"}'] == 1
    assert figures['desk_outbox_messages{state="unknown"}'] == 1
    assert figures["desk_database_up"] == 1
    assert figures['desk_source_files{state="refused"}'] == 0
    assert figures['desk_breaks_open{reason="FEE_VARIANCE"}'] == 0


@pytest.mark.django_db
def test_sweep_and_heartbeat_tell_that_their_queues_are_heard(client: Client) -> None:
    assert "desk_heartbeat_age_seconds" not in "".join(read(client))
    sweep()
    heartbeat("import")
    heartbeat("import")
    figures = read(client)
    assert figures['desk_heartbeat_age_seconds{name="mail"}'] < 60
    assert figures['desk_heartbeat_age_seconds{name="import"}'] < 60
    said = client.get("/readyz").content.decode()
    assert said == "ok\nqueue import: heard 0 s ago\nqueue mail: heard 0 s ago\n"


@pytest.mark.django_db
def test_a_queue_whose_job_still_beats_is_not_silent(client: Client) -> None:
    now = timezone.now()
    Heartbeat.objects.create(name="import", beat_at=now - timedelta(hours=1))
    assert read(client)['desk_heartbeat_age_seconds{name="import"}'] > 3000
    Job.objects.create(
        kind=JobKind.IMPORT,
        due_at=now,
        state="running",
        lease_until=now + timedelta(minutes=1),
    )
    assert read(client)['desk_heartbeat_age_seconds{name="import"}'] == 0


@pytest.mark.django_db
def test_the_age_of_the_audit_head_is_told(client: Client) -> None:
    assert read(client)["desk_audit_head_age_seconds"] == float("inf")
    audit_head_export(timezone.now())
    assert read(client)["desk_audit_head_age_seconds"] < 60


@pytest.mark.django_db
def test_answers_are_counted_by_face_and_class(client: Client) -> None:
    name = 'desk_http_request_duration_seconds_count{surface="claims",status="2xx"}'
    before = read(client).get(name, 0)
    client.get("/")
    client.get("/claims/file/")
    assert read(client)[name] == before + 2


@pytest.mark.django_db
def test_a_silent_database_is_a_figure_too(client: Client) -> None:
    def refuse(*_arguments: object) -> None:
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        figures = read(client)
    assert figures["desk_database_up"] == 0


@pytest.mark.django_db
def test_staff_read_figures_from_anywhere() -> None:
    client = signed_in(makers.make_staff("sam", "support"))
    answer = client.get("/metrics", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_session_without_a_second_factor_reads_no_figures(client: Client) -> None:
    client.force_login(makers.make_staff("sam", "support"))
    answer = client.get("/metrics", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 403


# --- counting over processes ------------------------------------------------------


COUNTING = """
from pathlib import Path
from recovery.web.latency import Latencies
latencies = Latencies(Path({folder!r}))
for _ in range({times}):
    latencies.observe("desk", 200, 0.02)
"""


def test_processes_that_have_ended_still_count(tmp_path: Path) -> None:
    for times in (3, 4):
        script = COUNTING.format(folder=str(tmp_path), times=times)
        subprocess.run([sys.executable, "-c", script], cwd=OPS.parent, check=True)
    own = Latencies(tmp_path)
    own.observe("desk", 204, 99.0)
    for _ in range(2):  # Folding is done once.
        row = own.read()[("desk", "2xx")]
        assert row[2] == 7
        assert row[len(BUCKETS)] == 1
        assert row[-1] == pytest.approx(7 * 0.02 + 99)
    assert len(list(tmp_path.glob("web-*.bin"))) == 1


def test_a_half_made_file_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "web-1.bin").write_bytes(b"\0\0\0")
    assert Latencies(tmp_path).read() == {}


# --- dashboard and alerts ---------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_dashboard_and_alerts_ask_for_figures_that_exist(file: Path) -> None:
    asked = set(re.findall(r"\bdesk_[a-z_]+", file.read_text()))
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert named
    assert named <= set(HELP)


def test_every_figure_stands_on_the_dashboard() -> None:
    text = FILES[1].read_text()
    json.loads(text)
    assert [name for name in HELP if name not in text] == []


@pytest.mark.django_db
def test_every_figure_is_explained(client: Client) -> None:
    sweep()
    client.get("/")
    text = client.get("/metrics").content.decode()
    told = set(re.findall(r"^# HELP (\w+)", text, re.MULTILINE))
    assert told == set(HELP)
