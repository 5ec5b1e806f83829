"""What the database undid is done again whole; what it did not is not (F17)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from recovery.models import Heartbeat
from recovery.services.retries import TRIES_MAX, is_away, is_met, retried


class ServerError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def raised(kind: type[DatabaseError], sqlstate: str | None) -> DatabaseError:
    error = kind("told")
    error.__cause__ = ServerError(sqlstate)
    return error


class Acts:
    """Fails so often, then is done."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error = error
        self.failures = failures
        self.done = 0

    def __call__(self) -> int:
        self.done += 1
        if self.done <= self.failures:
            raise self.error
        return self.done


MET = raised(OperationalError, "40P01")
GONE = raised(OperationalError, None)


@pytest.mark.parametrize(
    ("error", "met", "away"),
    [
        (MET, True, False),
        (raised(OperationalError, "40001"), True, False),
        (GONE, False, True),
        (raised(OperationalError, "57P01"), False, True),
        (raised(OperationalError, "08006"), False, True),
        (raised(OperationalError, "55P03"), False, False),
        (raised(IntegrityError, "23505"), False, False),
        (raised(DatabaseError, None), False, False),
        (ValueError("40P01"), False, False),
    ],
)
def test_errors_are_told_apart(error: Exception, met: bool, away: bool) -> None:
    assert (is_met(error), is_away(error)) == (met, away)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_always_meets_another_ends_after_five_tries() -> None:
    waits: list[float] = []
    acts = Acts(MET, 99)

    with pytest.raises(OperationalError):
        retried(acts, pause=waits.append)

    assert acts.done == TRIES_MAX
    assert len(waits) == TRIES_MAX - 1
    assert waits == sorted(waits) or max(waits) < 2


@pytest.mark.django_db(transaction=True)
def test_a_broken_connection_repeats_only_what_is_safe_to_repeat() -> None:
    unsafe, safe = Acts(GONE, 1), Acts(GONE, 1)

    with pytest.raises(OperationalError):
        retried(unsafe, pause=print)
    assert retried(safe, is_safe_to_repeat=True, pause=lambda _: None) == 2
    assert unsafe.done == 1


@pytest.mark.django_db(transaction=True)
def test_a_part_of_a_transaction_is_never_done_again() -> None:
    acts = Acts(MET, 1)

    with pytest.raises(OperationalError), transaction.atomic():
        retried(acts, pause=print)

    assert acts.done == 1


@pytest.mark.django_db(transaction=True)
def test_f17_two_acts_that_lock_in_opposite_order_are_both_done() -> None:
    Heartbeat.objects.bulk_create(
        Heartbeat(name=name, beat_at="2026-11-22T12:00:00Z") for name in ("a", "b")
    )
    gate = Barrier(2)
    tries: list[str] = []

    def lock(order: str) -> None:
        def act() -> None:
            tries.append(order)
            with transaction.atomic():
                Heartbeat.objects.select_for_update().get(name=order[0])
                if tries.count(order) == 1:
                    gate.wait(timeout=30)
                Heartbeat.objects.select_for_update().get(name=order[1])

        try:
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '50ms'")
            retried(act)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lock, ["ab", "ba"]))

    assert len(tries) >= 3
