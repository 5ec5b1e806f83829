"""The tables that the rows of a source file go into, by what the file holds."""

from psycopg.sql import SQL

from recovery.services.loading import Target
from recovery.services.sightings import SIGHTINGS_NOTED
from recovery.venues.profile import LayoutKind


def _differs(key: tuple[str, ...], value: str) -> SQL:
    """The question for rows that say another value under a key that is there."""
    same = " AND ".join(f"e.{column} = s.{column}" for column in key)
    return SQL(
        "SELECT s.row_number, '', e.source_file_id, e.row_number"  # noqa: S608 - names of columns
        f" FROM {{staging}} s JOIN {{table}} e ON {same}"
        f" WHERE e.{value} <> s.{value} ORDER BY s.row_number LIMIT 20"
    )


_ENTRY = Target(
    table="recovery_ledgerentry",
    columns=(
        "account_id", "fingerprint", "ordinal", "source_file_id", "row_number",
        "sequence", "occurred_at", "asset", "role", "operation", "amount",
        "fee_amount", "funding_amount", "liquidation_fee_amount", "instrument",
        "marker", "side", "quantity", "price", "mark_price", "entry_price",
        "position_after", "balance_after", "source_id", "order_id",
        "event_reference", "raw_time",
    ),
    repeated=SIGHTINGS_NOTED,
    # Only undone files hold the row, and it came in otherwise: it takes a place of its
    # own, below nought. Who brings it again finds it there.
    replaced=SQL("""
        UPDATE {staging} s SET ordinal = (
          SELECT coalesce(
            max(r.ordinal) FILTER (WHERE f.state <> 'undone'), min(r.ordinal) - 1)
          FROM {table} r JOIN recovery_sourcefile f ON f.id = r.source_file_id
          WHERE r.account_id = s.account_id AND r.fingerprint = s.fingerprint
            AND r.ordinal <= 0)
        FROM {table} e JOIN recovery_sourcefile u ON u.id = e.source_file_id
        WHERE EXISTS (SELECT FROM recovery_sourcefile WHERE state = 'undone')
          AND s.source_id <> '' AND e.source_id = s.source_id AND s.ordinal = 0
          AND e.account_id = s.account_id AND e.fingerprint = s.fingerprint
          AND e.ordinal = 0 AND u.state = 'undone'
          AND NOT EXISTS (
            SELECT FROM recovery_sighting g
              JOIN recovery_sourcefile h ON h.id = g.source_file_id
            WHERE g.entry_id = e.id AND h.state <> 'undone')
          AND (
            (e.occurred_at, e.asset, e.role, e.operation, e.amount, e.fee_amount,
             e.funding_amount, e.liquidation_fee_amount, e.instrument, e.marker, e.side,
             e.quantity, e.price, e.position_after, e.balance_after)
            IS DISTINCT FROM
            (s.occurred_at, s.asset, s.role, s.operation, s.amount, s.fee_amount,
             s.funding_amount, s.liquidation_fee_amount, s.instrument, s.marker, s.side,
             s.quantity, s.price, s.position_after, s.balance_after)
            OR EXISTS (
              SELECT FROM {table} r
                JOIN recovery_sourcefile f ON f.id = r.source_file_id
              WHERE r.account_id = s.account_id AND r.fingerprint = s.fingerprint
                AND r.ordinal < 0 AND f.state <> 'undone'))
    """),
    contradicted=SQL("""
        SELECT s.row_number, s.source_id, e.source_file_id, e.row_number
        FROM {staging} s JOIN {table} e
          ON e.account_id = s.account_id AND e.fingerprint = s.fingerprint
         AND e.ordinal = s.ordinal
        WHERE CASE WHEN s.source_id <> '' AND e.source_id = s.source_id
          THEN (e.amount, e.asset) IS DISTINCT FROM (s.amount, s.asset)
          -- Files that share no id may round differently, by less than a hundredth.
          ELSE e.asset <> s.asset OR abs(e.amount - s.amount) * 100
            > greatest(abs(e.amount), abs(s.amount)) END
        ORDER BY s.row_number LIMIT 20
    """),
)  # fmt: skip
_ENGINE = Target(
    table="recovery_engineentry",
    columns=(
        "account_id", "event_reference", "step", "action", "source_file_id",
        "row_number", "instrument", "occurred_at", "margin_mode", "asset",
        "trigger_mark_price", "margin_level", "bankruptcy_price", "takeover_price",
        "side", "quantity", "fill_price", "entry_price", "position_after",
        "fund_movement",
    ),
)  # fmt: skip
_POSITION = Target(
    table="recovery_positionentry",
    columns=(
        "account_id", "instrument", "occurred_at", "position", "source_file_id",
        "row_number", "entry_price", "mark_price",
    ),
)  # fmt: skip
_PRICE_COLUMNS = (
    "venue", "instrument", "occurred_at", "source_file_id", "row_number",
)  # fmt: skip
_PRICE_KEY = ("venue", "instrument", "occurred_at")
TARGETS = {
    LayoutKind.LEDGER: _ENTRY,
    LayoutKind.ENGINE_LOG: _ENGINE,
    LayoutKind.POSITIONS: _POSITION,
    LayoutKind.MARK_PRICES: Target(
        "recovery_markpriceentry",
        (*_PRICE_COLUMNS, "mark_price"),
        contradicted=_differs(_PRICE_KEY, "mark_price"),
    ),
    LayoutKind.FUNDING_RATES: Target(
        "recovery_fundingrateentry",
        (*_PRICE_COLUMNS, "funding_rate"),
        contradicted=_differs(_PRICE_KEY, "funding_rate"),
    ),
}
