"""The scratch page: rows somebody pasted, understood on the spot. Keeps nothing.

No customer, no case, no job: the rows are read, summed, replayed and, where they hold
a liquidation, assessed under the venue's rules, all in one request.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from recovery.domain.assessment import EventAssessment, assess_event
from recovery.domain.breaks import Finding, find_reason
from recovery.domain.detection import EventWindow, detect_events
from recovery.domain.errors import NotReadyError
from recovery.domain.history import Entry, gather_items, in_booked_order
from recovery.domain.ledger import ZERO, LedgerLine, LedgerRole, RowProblem
from recovery.domain.ledger_sums import (
    InstrumentSum,
    OperationSum,
    WalletReplay,
    instrument_sums,
    operation_sums,
    wallet_replays,
)
from recovery.domain.money import exact
from recovery.domain.opening import find_openings
from recovery.domain.rulebook import RuleBook
from recovery.domain.story import (
    LineFacts,
    Step,
    story_sentences,
    story_steps,
    wallet_sentences,
)
from recovery.domain.story_wallet import wallet_lines
from recovery.domain.story_words import StoryWords, story_words
from recovery.models import Provenance
from recovery.reading.day_order import day_order_settled, order_taken
from recovery.reading.shared_asset import asset_settled, asset_taken
from recovery.selectors.operation_mappings import operation_meanings
from recovery.services.rules import RuleLoader
from recovery.sheets.open_source import open_source
from recovery.sheets.pasted_text import pasted_table
from recovery.sheets.records import Limits
from recovery.venues.headerless import account_of, with_header
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import unmarked_venues
from recovery.venues.operation_meanings import OperationMeanings, line_meant
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.profile import RowOrder
from recovery.venues.recognition import Recognition, recognise

# A page is answered while somebody waits: longer pastes are files to import.
SCRATCH_BYTES = 2 * 1024 * 1024
SCRATCH_ROWS = 5_000
_WALLETS_TOLD = 5
_PASTED = "pasted"  # Stands for the SHA-256 of a file.
_LIMITS = Limits(file_bytes=SCRATCH_BYTES, rows=SCRATCH_ROWS)


@dataclass(frozen=True, slots=True)
class ScratchSaid:
    """What the person says of the rows because the rows cannot.

    Attributes:
        baselines: What an asset stood at before the first row.
        stated: What it stands at after the last row.
        language: The story is told in it.
        day_order: `day` or `month`, whichever the rows write first.
        from_at, until_at: Rows outside are left out; both instants are inside.
    """

    venue: str = ""
    account: str = ""
    zone: str = ""
    language: str = "en"
    day_order: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    baselines: Mapping[str, Decimal] = field(default_factory=dict)
    stated: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScratchEvent:
    """One event found in the rows, with its story."""

    window: EventWindow
    assessment: EventAssessment
    finding: Finding
    steps: tuple[Step, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WalletStory:
    """What all rows of one wallet did, told for the customer."""

    account: str
    asset: str
    steps: tuple[Step, ...]
    sentences: tuple[str, ...]


@dataclass(slots=True)
class Scratch:
    """What the rows say.

    Every record is counted once: records = lines + ignored + problems.

    Attributes:
        meant_operations: Row types no layout knows, read as staff approved.
    """

    recognition: Recognition
    zone: str
    had_header: bool
    words: StoryWords
    lines: list[LedgerLine] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    unknown_operations: Counter[str] = field(default_factory=Counter)
    meant_operations: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    operations: list[OperationSum] = field(default_factory=list)
    instruments: list[InstrumentSum] = field(default_factory=list)
    wallets: list[WalletReplay] = field(default_factory=list)
    events: list[ScratchEvent] = field(default_factory=list)
    stories: list[WalletStory] = field(default_factory=list)
    unruled: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many rows there were."""
        return len(self.lines) + len(self.ignored) + len(self.problems)


def scratch_read(text: str, said: ScratchSaid) -> Scratch:
    """Understand pasted rows. Writes nothing.

    Raises:
        RecoveryError: The rows as a whole cannot be taken; the message says why and
            what to do.
    """
    with tempfile.TemporaryDirectory(prefix="scratch-") as folder:
        scratch = _read(rows_written(Path(folder), text), said)
    lines = _oldest_first(scratch)
    scratch.operations = operation_sums(lines)
    scratch.instruments = instrument_sums(lines)
    scratch.wallets = wallet_replays(
        lines, baselines=said.baselines, stated=said.stated
    )
    _find_events(scratch, lines)
    scratch.stories = [
        _wallet_story(one, lines, scratch.words)
        for one in scratch.wallets[:_WALLETS_TOLD]
    ]
    return scratch


def rows_written(folder: Path, text: str) -> Path:
    """Pasted rows as a file, with tabs where blanks parted their columns."""
    path = folder / "rows.txt"
    path.write_text(pasted_table(text), encoding="utf-8")
    return path


def _read(path: Path, said: ScratchSaid) -> Scratch:
    source = open_source(path, limits=_LIMITS)
    headed = with_header(source, venue=said.venue)
    ordered = day_order_settled(
        recognise(headed, venue=said.venue), headed, said.day_order
    )
    recognition = asset_settled(ordered, headed, "")
    interpreter = Interpreter(
        recognition, account=said.account or account_of(recognition), zone=said.zone
    )
    words = story_words(said.language)
    scratch = Scratch(recognition, interpreter.zone, bool(source.header), words)
    said_by_staff = _meanings(recognition)
    with exact():
        for read in interpreter.interpret_all(headed.records()):
            outcome = _meant(read, said_by_staff, scratch)
            if isinstance(outcome, LedgerLine) and _is_outside(outcome, said):
                reason = "outside the time asked for"
                scratch.ignored.append(Ignored(outcome.row_number, reason))
            elif isinstance(outcome, LedgerLine):
                scratch.lines.append(outcome)
            elif isinstance(outcome, Ignored):
                scratch.ignored.append(outcome)
            elif isinstance(outcome, RowProblem):
                scratch.problems.append(outcome)
            else:
                reason = "no ledger row: import the file instead"
                scratch.ignored.append(Ignored(outcome.row_number, reason))
    scratch.unknown_operations = (
        interpreter.notices.unknown_operations - scratch.meant_operations
    )
    scratch.notes = [
        *filter(None, [order_taken(recognition), asset_taken(recognition)]),
        *(
            f"Row {one.row_number}: {one.check} is off by {one.gap}."
            for one in interpreter.notices.warnings
        ),
    ]
    return scratch


def _meanings(recognition: Recognition) -> OperationMeanings:
    layout = recognition.layout
    return operation_meanings().of_file(_PASTED, recognition.venue, layout.name)


def _meant(outcome: Outcome, meanings: OperationMeanings, scratch: Scratch) -> Outcome:
    """A row of an unknown type under the role that staff approved for it."""
    if not isinstance(outcome, LedgerLine) or outcome.role != LedgerRole.UNKNOWN:
        return outcome
    found = meanings.meaning(_PASTED, outcome.operation, outcome.occurred_at)
    if found is None:
        return outcome
    scratch.meant_operations[outcome.operation] += 1
    return line_meant(outcome, found)


def _is_outside(line: LedgerLine, said: ScratchSaid) -> bool:
    is_before = said.from_at is not None and line.occurred_at < said.from_at
    is_after = said.until_at is not None and line.occurred_at > said.until_at
    return is_before or is_after


def _oldest_first(scratch: Scratch) -> list[LedgerLine]:
    """Rows by time; inside one instant in the order the layout lists them."""
    is_newest_first = scratch.recognition.layout.order == RowOrder.NEWEST_FIRST
    in_order = reversed(scratch.lines) if is_newest_first else scratch.lines
    return sorted(in_order, key=lambda line: line.occurred_at)


def _find_events(scratch: Scratch, lines: Sequence[LedgerLine]) -> None:
    rules = RuleLoader().venue_book(scratch.recognition.venue)
    accounts = dict.fromkeys(line.account for line in lines)
    with exact():
        for account in accounts:
            own = [line for line in lines if line.account == account]
            _find_events_of(scratch, own, rules)


def _find_events_of(
    scratch: Scratch, lines: Sequence[LedgerLine], rules: RuleBook
) -> None:
    entries = [
        Entry(line.row_number, _PASTED, Provenance.CUSTOMER_SUPPLIED, line)
        for line in lines
    ]
    items = gather_items(in_booked_order(entries))
    is_marked = scratch.recognition.venue not in unmarked_venues()
    windows = detect_events(items, is_marked=is_marked)
    openings = find_openings(items, windows)
    for window, opening in zip(windows, openings, strict=True):
        try:
            assessment = assess_event(window, opening, rules)
        except NotReadyError:
            scratch.unruled.append(window.instrument)
            continue
        scratch.events.append(_event(window, assessment, scratch.words))


def _wallet_story(
    wallet: WalletReplay, lines: Sequence[LedgerLine], words: StoryWords
) -> WalletStory:
    own = [
        line
        for line in lines
        if (line.account, line.asset) == (wallet.account, wallet.asset)
    ]
    steps = story_steps(wallet_lines(own, wallet.baseline or ZERO), words)
    intro = words.sentence(
        "wallet",
        asset=words.kept(wallet.asset),
        start=words.kept(_minute(own[0].occurred_at)),
        end=words.kept(_minute(own[-1].occurred_at)),
    )
    told = wallet_sentences(
        steps,
        wallet.asset,
        wallet.stated,
        words,
        is_opening_known=wallet.baseline is not None,
    )
    return WalletStory(wallet.account, wallet.asset, steps, (intro, *told))


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _event(
    window: EventWindow, assessment: EventAssessment, words: StoryWords
) -> ScratchEvent:
    facts = (
        LineFacts(line.label, line.expected, line.recorded, line.basis)
        for line in assessment.lines
    )
    steps = story_steps(facts, words)
    intro = words.sentence(
        window.kind,
        instrument=words.kept(window.instrument),
        at=words.kept(_minute(window.started_at)),
    )
    return ScratchEvent(
        window=window,
        assessment=assessment,
        finding=find_reason(assessment),
        steps=steps,
        sentences=(intro, *story_sentences(steps, assessment.asset, words)),
    )
