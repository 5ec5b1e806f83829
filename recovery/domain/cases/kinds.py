"""Which function answers which kind."""

from collections.abc import Callable

from recovery.domain.case_errors import CaseUnsupportedError
from recovery.domain.cases.answer import Answer
from recovery.domain.cases.fields import CaseFields, CaseKind
from recovery.domain.cases.replayed import answer_pnl, answer_settlement
from recovery.domain.money import exact

_ANSWERS: dict[CaseKind, Callable[[CaseFields], Answer]] = {
    CaseKind.SETTLEMENT: answer_settlement,
    CaseKind.ADL: answer_settlement,
    CaseKind.PNL: answer_pnl,
}


def answer_case(raw: object) -> Answer:
    """The answer to one case as a JSON document holds it.

    Raises:
        CaseFieldError: a field must be refused.
        CaseUnsupportedError: the kind, or a policy in it, is not modelled.
    """
    with exact():
        case = CaseFields(raw)
        kind = case.need("kind")
        if kind not in _ANSWERS:
            raise CaseUnsupportedError("kind", kind)
        return _ANSWERS[kind](case)
