"""The sections of TieOut that have a line per asset."""

from collections.abc import Mapping
from decimal import Decimal

from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.services.workbook_columns import (
    BREAKS,
    BUCKETS,
    LIQUIDATIONS,
    PAYOUTS,
    UNCLAIMED,
)
from recovery.services.workbook_tally import AssetTally, Tally
from recovery.services.workbook_tie_page import (
    NOT_TIED,
    TIED,
    OfAsset,
    Sources,
    TiePage,
    gap_formula,
)
from recovery.sheets.xlsx_cells import Cell, Formula, Styled
from recovery.sheets.xlsx_styles import Style

_ASSESSED = {"Break state": "<>not assessed"}
_ASSET_HEADERS = ("Asset", "Status", "Asset no.", "Places checked")
_STATES = ("open", "explained", "resolved")

_Rows = Mapping[str, int]  # Row by name of the asset.


def asset_sections(page: TiePage, tally: Tally, sources: Sources) -> None:
    """Results, database, ageing and payments, a line per asset in each."""
    above = _results_section(page, tally, sources)
    _database_section(page, tally, above)
    _ageing_section(page, tally, sources, above)
    _payments_section(page, tally, sources)
    _unclaimed_section(page, tally, sources)


def _results_section(page: TiePage, tally: Tally, sources: Sources) -> _Rows:
    """Results against breaks.

    Returns:
        Where the totals of each asset stand.
    """
    page.section(
        "Results and breaks, per asset",
        "Variance of all results = open + explained + resolved breaks + what ties.",
        [
            *_ASSET_HEADERS,
            "Results",
            "Expected residual",
            "Received",
            "Variance",
            "Balances less variance (must be 0)",
            "Breaks, open",
            "Breaks, explained",
            "Breaks, resolved",
            "Ties, no break",
            "Variance less all four (must be 0)",
        ],
    )
    rows = {}
    for name, asset in tally.assets.items():
        rows[name] = page.next_row
        page.rows.append(_result_cells(page, name, asset, sources))
    page.end("IN", len(tally.assets))
    return rows


def _result_cells(
    page: TiePage, name: str, asset: AssetTally, sources: Sources
) -> list[Cell]:
    at, breaks = page.next_row, asset.break_variance
    liquidations = OfAsset(LIQUIDATIONS, sources.liquidations, f"C{at}")
    of_breaks = OfAsset(BREAKS, sources.breaks, f"C{at}")
    by_state = [breaks.get(state, ZERO) for state in _STATES]
    inner = asset.received - asset.residual - asset.variance
    gap = asset.variance - sum(by_state, ZERO) - asset.ties
    return [
        *_asset_cells(page, name, asset, {"I": inner, "N": gap}),
        Styled(Formula(liquidations.count(_ASSESSED), asset.results), Style.COUNT),
        Formula(liquidations.sum("Expected residual"), asset.residual),
        Formula(liquidations.sum("Received"), asset.received),
        Formula(liquidations.sum("Variance"), asset.variance),
        gap_formula(f"G{at}-F{at}-H{at}", at, inner, asset.places),
        *(
            Formula(of_breaks.sum("Variance", {"State": state}), amount)
            for state, amount in zip(_STATES, by_state, strict=True)
        ),
        Formula(liquidations.sum("Variance", {"Break state": "none"}), asset.ties),
        gap_formula(f"H{at}-J{at}-K{at}-L{at}-M{at}", at, gap, asset.places),
    ]


def _database_section(page: TiePage, tally: Tally, above: _Rows) -> None:
    page.section(
        "Against the database, per asset",
        "The database adds up its own tables; the sheets must agree with it.",
        [
            *_ASSET_HEADERS,
            "Variance by the database",
            "Sheet less database (must be 0)",
            "Results by the database",
            "Sheet less database (must be 0)",
            "Breaks as the desk has them",
            "Sheet less desk (must be 0)",
            "Events not assessed",
            "Lost by rounding to 8 places",
        ],
    )
    for name, asset in tally.assets.items():
        page.rows.append(_database_cells(page, name, asset, above[name]))
    page.end("FHJ", len(tally.assets))


def _database_cells(
    page: TiePage, name: str, asset: AssetTally, above: int
) -> list[Cell]:
    at, control = page.next_row, asset.control
    gap = asset.variance - control.variance
    count_gap = asset.results - control.results
    of_breaks = sum(asset.break_variance.values(), ZERO)
    on_desk = control.breaks_variance if control.are_breaks_comparable else None
    desk_gap = ZERO if on_desk is None else of_breaks - on_desk
    gaps = {"F": gap, "H": Decimal(count_gap), "J": desk_gap}
    return [
        *_asset_cells(page, name, asset, gaps),
        control.variance,
        gap_formula(f"H{above}-E{at}", at, gap, asset.places),
        Styled(control.results, Style.COUNT),
        Styled(Formula(f"E{above}-G{at}", count_gap), Style.COUNT),
        Styled("changed later", Style.TEXT) if on_desk is None else on_desk,
        Formula(
            f"IF(ISNUMBER(I{at}),ROUND(J{above}+K{above}+L{above}-I{at},D{at}),0)",
            round(desk_gap, asset.places),
        ),
        Styled(control.waiting, Style.COUNT),
        Styled(format_amount(control.exact_variance - control.variance), Style.TEXT),
    ]


def _ageing_section(
    page: TiePage, tally: Tally, sources: Sources, above: _Rows
) -> None:
    page.section(
        "Open breaks by age in days, per asset",
        "Variance; negative: customers are short.",
        [
            *_ASSET_HEADERS,
            *(f"{bucket} days" for bucket in BUCKETS),
            "All ages",
            "Less open breaks (must be 0)",
        ],
    )
    for name, asset in tally.assets.items():
        at = page.next_row
        of_asset = OfAsset(BREAKS, sources.breaks, f"C{at}")
        ages = [asset.open_by_age.get(bucket, ZERO) for bucket in BUCKETS]
        whole = sum(ages, ZERO)
        gap = whole - asset.break_variance.get("open", ZERO)
        page.rows.append(
            [
                *_asset_cells(page, name, asset, {"L": gap}),
                *(
                    Formula(
                        of_asset.sum(
                            "Variance", {"State": "open", "Age bucket, days": bucket}
                        ),
                        amount,
                    )
                    for bucket, amount in zip(BUCKETS, ages, strict=True)
                ),
                Formula(f"ROUND(SUM(E{at}:J{at}),8)", whole),
                gap_formula(f"K{at}-J{above[name]}", at, gap, asset.places),
            ]
        )
    page.end("L", len(tally.assets))


def _payments_section(page: TiePage, tally: Tally, sources: Sources) -> None:
    page.section(
        "Payments, per asset",
        "Every payment proposed so far, cancelled ones too. Goodwill is owed to nobody.",
        [
            *_ASSET_HEADERS,
            "Payments",
            "Amount",
            "Amount by the database",
            "Sheet less database (must be 0)",
            "Of it goodwill",
            "Goodwill by the database",
            "Sheet less database (must be 0)",
        ],
    )
    for name, asset in tally.assets.items():
        at = page.next_row
        of_asset = OfAsset(PAYOUTS, sources.payouts, f"C{at}")
        gap = asset.paid - asset.control.paid
        given = asset.goodwill - asset.control.goodwill
        page.rows.append(
            [
                *_asset_cells(page, name, asset, {"H": gap, "K": given}),
                Styled(Formula(of_asset.count(), asset.payments), Style.COUNT),
                Formula(of_asset.sum("Amount"), asset.paid),
                asset.control.paid,
                gap_formula(f"F{at}-G{at}", at, gap, asset.places),
                Formula(of_asset.sum("Amount", {"Kind": "goodwill"}), asset.goodwill),
                asset.control.goodwill,
                gap_formula(f"I{at}-J{at}", at, given, asset.places),
            ]
        )
    page.end("HK", len(tally.assets))


def _unclaimed_section(page: TiePage, tally: Tally, sources: Sources) -> None:
    page.section(
        "Owed and not claimed, per asset",
        "What is owed, decided and lies still: not paid, came back, frozen, dust.",
        [
            *_ASSET_HEADERS,
            "Amounts",
            "Amount",
            "Amount by the database",
            "Sheet less database (must be 0)",
        ],
    )
    for name, asset in tally.assets.items():
        at = page.next_row
        of_asset = OfAsset(UNCLAIMED, sources.unclaimed, f"C{at}")
        gap = asset.unclaimed - asset.unclaimed_by_database
        page.rows.append(
            [
                *_asset_cells(page, name, asset, {"H": gap}),
                Styled(Formula(of_asset.count(), asset.unclaimed_rows), Style.COUNT),
                Formula(of_asset.sum("Amount"), asset.unclaimed),
                asset.unclaimed_by_database,
                gap_formula(f"F{at}-G{at}", at, gap, asset.places),
            ]
        )
    page.end("H", len(tally.assets))


def _asset_cells(
    page: TiePage, name: str, asset: AssetTally, gaps: Mapping[str, Decimal]
) -> list[Cell]:
    """The cells every line of an asset begins with.

    Args:
        page: Where the line will stand.
        name: Of the asset.
        asset: What was added up for it.
        gaps: The line's differences, by the letters of their columns.
    """
    at = page.next_row
    is_tied = all(round(gap, asset.places) == 0 for gap in gaps.values())
    word = TIED if is_tied else NOT_TIED
    page.statuses.append(word)
    tests = ",".join(f"{letters}{at}=0" for letters in gaps)
    status = Formula(f'IF(AND({tests}),"{TIED}","{NOT_TIED}")', word)
    return [Styled(name, Style.TEXT), status, asset.number, asset.places]
