"""Which function answers which kind."""

from collections.abc import Callable

from recovery.domain.cases.answer import Answer
from recovery.domain.cases.collateral import (
    answer_collateral,
    answer_spot_margin,
    answer_spot_settlement,
)
from recovery.domain.cases.fields import CaseFields, CaseKind
from recovery.domain.cases.margins import (
    answer_interest,
    answer_maintenance_margin,
    answer_margin_level,
)
from recovery.domain.cases.prices import (
    answer_bankruptcy_price,
    answer_liquidation_price,
)
from recovery.domain.cases.reductions import (
    answer_reduction_limit,
    answer_reduction_size,
)
from recovery.domain.cases.replayed import (
    answer_adl,
    answer_funding,
    answer_pnl,
    answer_settlement,
    answer_staged_reduction,
)
from recovery.domain.cases.sharing import answer_socialised_loss
from recovery.domain.cases.venue_rules import (
    answer_deposit_index_loss,
    answer_fee_rate,
    answer_order_limit_price,
    answer_spot_partial_liquidation,
    answer_spot_transfer,
)
from recovery.domain.money import exact

_ANSWERS: dict[CaseKind, Callable[[CaseFields], Answer]] = {
    CaseKind.SETTLEMENT: answer_settlement,
    CaseKind.STAGED_REDUCTION: answer_staged_reduction,
    CaseKind.PNL: answer_pnl,
    CaseKind.ADL: answer_adl,
    CaseKind.BANKRUPTCY_PRICE: answer_bankruptcy_price,
    CaseKind.LIQUIDATION_PRICE: answer_liquidation_price,
    CaseKind.MAINTENANCE_MARGIN: answer_maintenance_margin,
    CaseKind.MARGIN_LEVEL: answer_margin_level,
    CaseKind.REDUCTION_SIZE: answer_reduction_size,
    CaseKind.REDUCTION_LIMIT: answer_reduction_limit,
    CaseKind.FUNDING: answer_funding,
    CaseKind.INTEREST: answer_interest,
    CaseKind.COLLATERAL: answer_collateral,
    CaseKind.SPOT_MARGIN: answer_spot_margin,
    CaseKind.SPOT_SETTLEMENT: answer_spot_settlement,
    CaseKind.SOCIALISED_LOSS: answer_socialised_loss,
    CaseKind.ORDER_LIMIT_PRICE: answer_order_limit_price,
    CaseKind.FEE_RATE: answer_fee_rate,
    CaseKind.SPOT_TRANSFER: answer_spot_transfer,
    CaseKind.SPOT_PARTIAL_LIQUIDATION: answer_spot_partial_liquidation,
    CaseKind.DEPOSIT_INDEX_LOSS: answer_deposit_index_loss,
}


def answer_case(raw: object) -> Answer:
    """The answer to one case as a JSON document holds it.

    Raises:
        CaseFieldError: a field must be refused.
        CaseUnsupportedError: a policy of the case is not modelled.
    """
    with exact():
        case = CaseFields(raw)
        return _ANSWERS[case.need("kind")](case)
