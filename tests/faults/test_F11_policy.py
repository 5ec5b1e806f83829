"""A worker refuses a Redis that may throw its messages away."""

from pathlib import Path

import pytest
from django.conf import settings as real_settings
from pytest_django import Settings

from config.worker_watch import broker_check
from tests.faults.servers import free_port, redis_running


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_f11_a_redis_that_evicts_is_refused_with_what_to_set(
    policy: str, tmp_path: Path, settings: Settings
) -> None:
    with redis_running(tmp_path, "--maxmemory-policy", policy) as bells:
        settings.CELERY_BROKER_URL = bells.url
        with pytest.raises(SystemExit, match=f"{policy}; it must be noeviction"):
            broker_check()


def test_f11_the_redis_that_ships_is_taken() -> None:
    assert real_settings.CELERY_BROKER_URL.startswith("redis+socket://")
    broker_check()


def test_f11_a_redis_that_is_away_is_waited_for(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    broker_check()
