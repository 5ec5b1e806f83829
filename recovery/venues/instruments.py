"""Instruments a venue lists by a rule, beside those that are written down one by one."""

import re
from collections.abc import Mapping, Sequence

from recovery.domain.rulebook import InstrumentTerm
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import InstrumentRule


class KnownInstruments(dict[str, InstrumentTerm]):
    """Instruments by name; one nobody wrote down is made by the venue's rules.

    Args:
        written: what staff or the shipped data name; it goes before any rule.
        rules: the venue's rules, the first that fits decides.
    """

    def __init__(
        self, written: Mapping[str, InstrumentTerm], rules: Sequence[InstrumentRule]
    ) -> None:
        super().__init__(written)
        self._rules = [(re.compile(rule.pattern), rule) for rule in rules]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self._made(str(name)) is not None

    def __missing__(self, name: str) -> InstrumentTerm:
        term = self._made(name)
        if term is None:
            raise KeyError(name)
        self[name] = term
        return term

    def _made(self, name: str) -> InstrumentTerm | None:
        for pattern, rule in self._rules:
            if found := pattern.fullmatch(name):
                asset = found.expand(rule.settlement_asset)
                return InstrumentTerm(name, rule.contract_size, asset, rule.product)
        return None


def known_instruments(
    venue: str, written: Mapping[str, InstrumentTerm]
) -> KnownInstruments:
    """The instruments of a venue: those written down, then those by its rules."""
    rules = [
        rule
        for profile in shipped_profiles()
        if profile.code == venue
        for rule in profile.instrument_rules
    ]
    return KnownInstruments(written, rules)
