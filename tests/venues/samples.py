"""Small source files of every layout generation, with invented values."""

HOUSE_HEADER = (
    "account,row_id,time_utc,asset,amount,balance_after,type,instrument,side,"
    "quantity,price,order_id,position_after,event_id"
)
HOUSE_PREAMBLE = "#recovery-desk,house-ledger,1,complete_until=2026-11-01T00:00:00Z"


def house(*rows: str, preamble: str = HOUSE_PREAMBLE, trailer: str = "") -> str:
    return "\n".join(
        [line for line in (preamble, HOUSE_HEADER, *rows, trailer) if line] + [""]
    )


HOUSE_ROW = (
    "A1,R1,2026-10-10T00:00:00.125Z,USDT,-12.5,987.5,liquidation,BTCUSDT,sell,"
    "0.5,60000.5,O1,-1.5,E1"
)

ENGINE = (
    "#recovery-desk,house-engine-log,1\n"
    "event_id,account,instrument,time_utc,step,action,margin_mode,trigger_mark_price,"
    "margin_level,bankruptcy_price,takeover_price,side,quantity,fill_price,entry_price,"
    "position_after,fund_movement,asset\n"
    "E1,A1,BTCUSDT,2026-10-10T00:00:00.000Z,1,close,isolated,59000,0.99,58000,,sell,"
    "0.5,58900,60000,0,1.25,USDT\n"
    "#manifest,rows=1,sum:USDT=1.25\n"
)

MARKS = (
    "#recovery-desk,house-mark-prices,1,complete_until=2026-10-10T01:00:00Z\n"
    "time_utc,instrument,mark_price\n"
    "2026-10-10T00:00:00.000Z,BTCUSDT,60000.5\n"
    "#manifest,rows=1\n"
)

RATES = (
    "#recovery-desk,house-funding-rates,1\n"
    "time_utc,instrument,funding_rate\n"
    "2026-10-10T08:00:00.000Z,BTCUSDT,-0.0001\n"
    "#manifest,rows=1\n"
)

KRAKEN_HEADER = (
    "uid,dateTime,account,type,symbol,contract,change,new balance,"
    "new average entry price,trade price,mark price,funding rate,realized pnl,fee,"
    "realized funding,collateral,conversion spread percentage,liquidation fee,"
    "position uid"
)
KRAKEN_CASH = (
    "u4,2026-06-06 12:07:02,flex,futures liquidation,usd,pf_xbtusd,-10.9843,989.0157,,"
    "60000,60001,,-10.3438,0.6403,-0.0002,usd,,,"
)
KRAKEN_LEG = (
    "u3,2026-06-06 12:07:02,flex,futures liquidation,pf_xbtusd,pf_xbtusd,-0.5,0.,60100,"
    "60000,60001,,,,,,,,"
)


def kraken(*rows: str) -> str:
    return "\n".join([KRAKEN_HEADER, *rows, ""])


KRAKEN_OLD_HEADER = (
    "uid,dateTime,account,type,symbol,change,new balance,new average entry price,"
    "trade price,mark price,funding rate,realized pnl,fee,realized funding,collateral"
)


def kraken_old(*rows: str) -> str:
    return "\n".join([KRAKEN_OLD_HEADER, *rows, ""])


U2_HEADER = (
    "Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,"
    "Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)"
)
U2_ROW = (
    "77,USDT,XAUTUSDT,LIQUIDATION,SELL,0.02000000000000000000,-14.876,"
    "4356.00000000000000000000,0.00000000000000000000,-0.08712000000000000000,"
    "1.03750000000000000000,0.95038000000000000000,306.66408947000000000000,CLOSE,"
    "2026-09-22 19:11:48"
)
U2_FUNDING = (
    "77,USDT,XAUTUSDT,SETTLEMENT,BUY,--,0.02,--,-0.0043613,0,0,-0.0043613,306.6597,"
    "SETTLEMENT,2026-09-22 16:00:00"
)


def bybit_u2(*rows: str) -> str:
    return "\n".join(["UID: 77,Company Name: ,Country: ", U2_HEADER, *rows, ""])


U1_HEADER = (
    "Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,"
    "Cash Flow,Change,Wallet Balance,Action,OrderId,TradeId,Time"
)
U1_ROW = (
    "USDT,ADAUSDT,TRADE,SELL,389,0,0.80,0,-0.15,9.43,9.28,300,CLOSE,o1,t1,"
    "2026-07-01 10:00:00.250"
)


def bybit_u1(*rows: str, preamble: str = "") -> str:
    return "\n".join([line for line in (preamble, U1_HEADER, *rows) if line] + [""])


D0_HEADER = (
    "Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,"
    "Fee Paid,Cash Flow,Change,Wallet Balance,Fee Rate,Trade ID,Order ID"
)
D0_ROW = (
    "2022-07-01 10:00:00,USDT,ADAUSDT,liquidation,Close Long,389,0,0.80,0.1,0.15,9.43,"
    "9.18,300,0.0006,t1,o1"
)


def bybit_d0(*rows: str) -> str:
    return "\n".join([D0_HEADER, *rows, ""])
