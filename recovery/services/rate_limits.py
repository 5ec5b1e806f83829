"""How often strangers may do what costs us something, counted in PostgreSQL.

One statement counts, decides and sweeps, on the database's clock: processes and hosts
share one count, and nothing that a request says about itself can reset it (TRUST T37).
A window begins with its first act, so within any hour at most twice the limit passes.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from recovery.models import LimitedAct

WINDOW = timedelta(hours=1)
# One customer of a network provider holds at least this much of IPv6.
_IPV6_PREFIX = 64
_NAMELESS = "no address"
_WINDOW_AGO = "statement_timestamp() - make_interval(secs => %(seconds)s)"
_COUNTED = f"""
    INSERT INTO recovery_ratecount AS kept (act, subject, window_began_at, count)
    {{rows}}
    ON CONFLICT (act, subject) DO UPDATE SET
        count = CASE WHEN kept.window_began_at > {_WINDOW_AGO}
            THEN kept.count + 1 ELSE 1 END,
        window_began_at = CASE WHEN kept.window_began_at > {_WINDOW_AGO}
            THEN kept.window_began_at ELSE statement_timestamp() END
    RETURNING count
"""
_OF_ONE = _COUNTED.format(
    rows="VALUES (%(act)s, %(subject)s, statement_timestamp(), 1)"
)
# Only what one address may still do counts for everybody: else one address could
# spend the budget of all.
_OF_ALL = _COUNTED.format(
    rows="SELECT %(act)s, '', statement_timestamp(), 1 FROM one"
    " WHERE one.count <= %(of_one)s"
)
# Each act takes away two windows that are over, so the table stays small by itself.
_SWEPT = f"""
    DELETE FROM recovery_ratecount WHERE id IN (
        SELECT id FROM recovery_ratecount
        WHERE window_began_at <= {_WINDOW_AGO}
            AND subject NOT IN ('', %(subject)s)
        ORDER BY window_began_at LIMIT 2 FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608 - texts of this file only
_TAKE = f"""
    WITH one AS ({_OF_ONE}), everybody AS ({_OF_ALL}), swept AS ({_SWEPT})
    SELECT coalesce(everybody.count <= %(of_all)s, false)
    FROM one LEFT JOIN everybody ON true
"""  # noqa: S608 - texts of this file only


def rate_limit_take(act: LimitedAct, address: str) -> bool:
    """Count one act of an address; whether it is within the limits.

    Call it outside a transaction: the count of everybody is one row.

    Args:
        act: What is being done.
        address: Where it comes from, as the door established it; never a header.
    """
    of_one, of_all = settings.RATE_LIMITS[act]
    values = {
        "act": act.value,
        "subject": _subject(address),
        "seconds": int(WINDOW.total_seconds()),
        "of_one": of_one,
        "of_all": of_all,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        (is_within,) = cursor.fetchone()
    return bool(is_within)


def _subject(address: str) -> str:
    """A keyed digest: the table tells nobody who came."""
    keyed = salted_hmac(__name__, _network(address), algorithm="sha256")
    return keyed.hexdigest()


def _network(address: str) -> str:
    """What one customer of a provider can choose from counts as one address."""
    try:
        read = ip_address(address)
    except ValueError:
        return _NAMELESS
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped:
        return str(read.ipv4_mapped)
    return str(ip_network((int(read), _IPV6_PREFIX), strict=False))
