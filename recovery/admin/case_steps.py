"""What the acts on a case ask of it: its step, its duties, the version that was read."""

from collections.abc import Callable

from recovery.admin.acts import Data
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CASE_ENDED, CASE_STEPS, CaseAction, CaseStatus
from recovery.models import RecoveryCase
from recovery.services.actors import Actor


def case_duties(*actions: CaseAction) -> frozenset[Duty]:
    """Duties of whoever may take one of these steps."""
    steps = [step for (_, action), step in CASE_STEPS.items() if action in actions]
    return frozenset[Duty]().union(*(step.duties for step in steps))


def case_knows(*actions: CaseAction) -> Callable[[Actor, RecoveryCase], bool]:
    """Whether one of these steps begins where the case stands."""

    def fits(_actor: Actor, case: RecoveryCase) -> bool:
        status = CaseStatus(case.status)
        return any((status, action) in CASE_STEPS for action in actions)

    return fits


def case_is_open(_actor: Actor, case: RecoveryCase) -> bool:
    """Whether the case goes on."""
    return CaseStatus(case.status) not in CASE_ENDED


def version_shown(_actor: Actor, case: RecoveryCase) -> Data:
    """The version the form is about."""
    return {"version": case.version}


def shown_version(data: Data) -> int:
    """The version somebody read before acting; 0 where it is none."""
    text = data["version"]
    return int(text) if text.isascii() and text.isdecimal() else 0
