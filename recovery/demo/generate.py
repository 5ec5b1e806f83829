"""Everything a demo consists of, written to a folder."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, localcontext
from itertools import count
from pathlib import Path
from random import Random

from recovery.demo.episode import Player
from recovery.demo.files import Row, columns, write_house
from recovery.demo.house_files import Played, write_house_files
from recovery.demo.market import Market, stress_windows
from recovery.demo.people import Person, people_of
from recovery.demo.plan import (
    BYBIT,
    DEFAULT_WEIGHTS,
    HOUSE,
    KRAKEN,
    Account,
    plan_accounts,
    scenario_counts,
    windows_wanted,
)
from recovery.demo.times import day_text
from recovery.demo.truth import outcome_document
from recovery.demo.venue_files import write_bybit, write_kraken

DEFAULT_SEED = 20_261_010
DEFAULT_EVENTS = 40
CUSTOMERS_HEADER = columns("uid,full_name,mail,client_class,language,jurisdiction")
ACCOUNTS_HEADER = columns("venue,account,uid")
MEMBERSHIPS_HEADER = columns("venue,account,tier,valid_from,valid_to")
_HOUSE_KINDS = (
    "house-mark-prices",
    "house-funding-rates",
    "house-engine-log",
    "house-ledger",
)

# Wide enough that no sum or product of the demo is ever rounded.
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class DemoSize:
    """What was written."""

    events: int
    accounts: int
    customers: int
    scenarios: dict[str, int]


def write_demo(
    out: Path,
    *,
    seed: int = DEFAULT_SEED,
    events: int = DEFAULT_EVENTS,
    weights: Sequence[tuple[str, str, int]] = DEFAULT_WEIGHTS,
) -> DemoSize:
    """Write the source files of a demo and their truth.

    Args:
        out: a folder; made when it is missing, files of the same name replaced.
        seed: the same seed, size and weights give the same bytes.
        events: how many events, over all venues.
        weights: scenario, venue and how often it comes, relative to the others.

    Returns:
        the number of events, accounts and customers, and events by scenario.

    Raises:
        TruthContradictionError: parts of an event do not add up; nothing of the
            truth is written.
        DemoStuckError: a scenario found no believable event.
    """
    rng = Random(seed)
    with localcontext(_EXACT):
        market = Market(rng, stress_windows(rng, windows_wanted(events)))
        counts = scenario_counts(events, tuple(weights))
        accounts = plan_accounts(rng, counts, market.windows)
        people = people_of(rng, accounts)
        played = _play(Player(rng, market), accounts)
        documents = _documents(played)
        house = [one for one in played if one.account.venue == HOUSE]
        write_house_files(out, house, market)
        sources = _house_sources() + _venue_sources(out, played, rng)
    _write_reference(out, people, accounts)
    _write_text(out / "sources.json", f"[\n{_one_a_line(sources)}\n]\n")
    head = f'{{"version": 1, "seed": {seed}, "events": [\n'
    _write_text(out / "truth.json", f"{head}{_one_a_line(documents)}\n]}}\n")
    scenarios = Counter(str(document["scenario"]) for document in documents)
    return DemoSize(len(documents), len(accounts), len(people), dict(scenarios))


def _play(player: Player, accounts: list[Account]) -> list[Played]:
    """Play every account; house events get their numbers in this order."""
    numbers = count(1)
    played = []
    for account in accounts:
        ids = [
            f"EV-{day_text(one.window.centre_ms).replace('-', '')}-{next(numbers):05d}"
            for one in account.planned
        ]
        played.append(Played(account, player.play(account, ids)))
    return played


def _documents(played: list[Played]) -> list[dict[str, object]]:
    documents = []
    for account, episodes in played:
        for episode in episodes:
            document = outcome_document(account.venue, account.number, episode.outcome)
            document["customer_uid"] = account.customer_uid
            document["tier"] = account.tier_at(episode.outcome.facts[0].at_ms)
            document["is_tier_known"] = account.tier_known
            documents.append(document)
    return documents


# Layout code and generation of what the accounts call their layouts.
_LAYOUTS = {
    "account_log": ("account-log", "contract"),
    "U1": ("transaction-log", "U1"),
    "U2": ("transaction-log", "U2"),
}


def _source(
    file: str, venue: str, layout: str, account: str | None
) -> dict[str, object]:
    """How one file is to be imported; `account` where the file cannot say it."""
    code, generation = _LAYOUTS.get(layout, (layout, "1"))
    return {
        "file": file,
        "venue": venue,
        "layout": code,
        "generation": generation,
        "account": account,
        "zone": "UTC",
        "provenance": "house" if venue == HOUSE else "venue_api",
    }


def _house_sources() -> list[dict[str, object]]:
    return [_source(f"{kind}.csv", HOUSE, kind, None) for kind in _HOUSE_KINDS]


def _venue_sources(
    out: Path, played: list[Played], rng: Random
) -> list[dict[str, object]]:
    """Write the logs of the other venues, and say how to import them."""
    writers = {KRAKEN: write_kraken, BYBIT: write_bybit}
    sources = []
    for one in played:
        account = one.account
        if account.venue in writers:
            path = writers[account.venue](out, one, rng).as_posix()
            told = None if account.layout == "U2" else account.number
            sources.append(_source(path, account.venue, account.layout, told))
    return sources


def _write_reference(out: Path, people: list[Person], accounts: list[Account]) -> None:
    """Customers, their accounts, and fee-tier memberships."""
    customers = [_customer_row(person) for person in people]
    write_house(out / "house-customers.csv", CUSTOMERS_HEADER, customers, {})
    owned = [
        (one.venue, one.number, person.uid)
        for person in people
        for one in person.accounts
    ]
    write_house(out / "house-accounts.csv", ACCOUNTS_HEADER, owned, {})
    memberships = [
        (
            account.venue,
            account.number,
            membership.tier,
            membership.valid_from.isoformat(),
            membership.valid_to.isoformat() if membership.valid_to else "",
        )
        for account in accounts
        for membership in account.memberships()
    ]
    write_house(out / "house-fee-tiers.csv", MEMBERSHIPS_HEADER, memberships, {})


def _customer_row(person: Person) -> Row:
    return (
        person.uid,
        person.full_name,
        person.mail,
        person.client_class,
        person.language,
        person.jurisdiction,
    )


def _one_a_line(documents: Sequence[object]) -> str:
    """JSON values, one a line: quick to write, easy to search."""
    return ",\n".join(json.dumps(one, ensure_ascii=False) for one in documents)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
