"""What kinds of work there are: which queue each waits in, how long it may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

# Raised by one whenever a kind is added or a payload changes. A worker leaves jobs
# of a higher number to workers of newer code.
WORK_VERSION = 3
_ID_MAX = 2**63 - 1


class JobState(StrEnum):
    """Where a job stands."""

    DUE = "due"
    RUNNING = "running"  # Leased until `lease_until`.
    DONE = "done"
    QUARANTINED = "quarantined"  # Tried often enough; a person must look.


class JobKind(StrEnum):
    """What a job does; its service is found by this word."""

    IMPORT = "import"
    ASSESS = "assess"
    WORKBOOK = "workbook"
    MAIL = "mail"
    AUDIT_HEAD = "audit_head"
    MATCH = "match"  # Finds what a filed claim is about.
    INVARIANTS = "invariants"
    AUDIT_PROOF = "audit_proof"


class Queue(StrEnum):
    """Where jobs wait; work of one queue never waits for work of another."""

    IMPORT = "import"
    RECOMPUTE = "recompute"
    EXPORT = "export"
    MAIL = "mail"  # And the sweeper: what must never wait.


class StrayReason(StrEnum):
    """Why no worker could do anything with a message."""

    UNKNOWN_TASK = "unknown_task"
    BAD_ARGUMENTS = "bad_arguments"
    UNREADABLE = "unreadable"


class PeriodicWork(StrEnum):
    """Work that is due once in every period of its own."""

    AUDIT_HEAD = "audit_head"
    INVARIANTS = "invariants"
    AUDIT_PROOF = "audit_proof"


@dataclass(frozen=True, slots=True)
class Work:
    """What holds for every job of one kind.

    Attributes:
        payload: The keys a job must carry, and what each must be.
        soft_seconds: After this it ends at its next chunk.
        hard_seconds: After this its process is killed.
        goes_on: It goes on from a checkpoint, so that time over is no failure.
    """

    queue: Queue
    payload: Mapping[str, type]
    soft_seconds: int
    hard_seconds: int
    goes_on: bool = False


# The one table of kinds. Hard limits stay below the broker's visibility timeout.
WORK: Mapping[JobKind, Work] = MappingProxyType(
    {
        JobKind.IMPORT: Work(Queue.IMPORT, {"source_file": int}, 3600, 4200, True),
        JobKind.ASSESS: Work(Queue.RECOMPUTE, {"accounts": list}, 1800, 2400),
        JobKind.WORKBOOK: Work(Queue.EXPORT, {"workbook": int}, 3600, 4200),
        JobKind.MAIL: Work(Queue.MAIL, {}, 600, 900),
        JobKind.AUDIT_HEAD: Work(Queue.EXPORT, {}, 600, 900),
        JobKind.INVARIANTS: Work(Queue.EXPORT, {}, 600, 900),
        JobKind.AUDIT_PROOF: Work(Queue.EXPORT, {}, 1800, 2400),
        JobKind.MATCH: Work(Queue.MAIL, {"claim": int}, 60, 90),
    }
)

# How long the period of each periodic work is; periods begin at whole multiples.
PERIOD_SECONDS: Mapping[PeriodicWork, int] = MappingProxyType(
    {
        PeriodicWork.AUDIT_HEAD: 86_400,
        PeriodicWork.INVARIANTS: 3_600,
        PeriodicWork.AUDIT_PROOF: 3_600,
    }
)
PERIODIC_JOBS: Mapping[PeriodicWork, JobKind] = MappingProxyType(
    {
        PeriodicWork.AUDIT_HEAD: JobKind.AUDIT_HEAD,
        PeriodicWork.INVARIANTS: JobKind.INVARIANTS,
        PeriodicWork.AUDIT_PROOF: JobKind.AUDIT_PROOF,
    }
)


def misfit(kind: str, payload: object) -> str:
    """Say why nobody could do such a job; empty when it can be tried."""
    if kind not in WORK:
        return f"This desk knows no work of the kind “{kind[:40]}”."
    wanted = WORK[JobKind(kind)].payload
    if not isinstance(payload, dict):
        return "The payload is no object."
    for key, what in wanted.items():
        if not _is_a(payload.get(key), what):
            return f"The payload lacks “{key}”, or it is not of the right kind."
    return ""


def _is_a(value: Any, what: type) -> bool:
    if what is list:
        return isinstance(value, list) and all(_is_a(one, int) for one in value)
    is_id = isinstance(value, int) and not isinstance(value, bool)
    return is_id and 0 < value <= _ID_MAX
