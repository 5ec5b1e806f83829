from decimal import Decimal

import pytest

from recovery.domain.rulebook import InstrumentTerm
from recovery.venues.instruments import known_instruments


@pytest.mark.parametrize(
    ("venue", "name", "product", "asset"),
    [
        ("bybit", "ADAUSDT", "linear", "USDT"),
        ("bybit", "BTCPERP", "linear", "USDC"),
        ("bybit", "BTCUSD", "inverse", "BTC"),
        ("binance", "1000PEPEUSDT", "linear", "USDT"),
        ("kraken_futures", "PF_SOLUSD", "linear", "USD"),
        ("kraken_futures", "PI_XBTUSD", "inverse", "XBT"),
        ("deribit", "ETH-27MAR26", "inverse", "ETH"),
        ("bitmex", "XBTUSD", "inverse", "XBT"),
        ("hyperliquid", "HYPE", "linear", "USDC"),
        ("dydx", "SOL-USD", "linear", "USDC"),
    ],
)
def test_instrument_is_known_by_its_name(
    venue: str, name: str, product: str, asset: str
) -> None:
    known = known_instruments(venue, {})
    assert name in known
    assert known[name] == InstrumentTerm(name, Decimal(1), asset, product)


@pytest.mark.parametrize(
    ("venue", "name"),
    [("bybit", "BTC-31DEC99-1-C"), ("okx", "BTC-USDT-SWAP"), ("nobody", "BTCUSDT")],
)
def test_name_that_fits_no_rule_is_unknown(venue: str, name: str) -> None:
    known = known_instruments(venue, {})
    assert name not in known
    with pytest.raises(KeyError):
        known[name]


def test_instrument_that_is_written_down_goes_before_the_rules() -> None:
    own = InstrumentTerm("ADAUSDT", Decimal(10), "USDT")
    assert known_instruments("bybit", {"ADAUSDT": own})["ADAUSDT"] is own
