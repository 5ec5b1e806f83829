"""Claims: filed by anybody, opened only with a code from the mail on file.

Whoever files or asks never learns whether anything matched: the same statements run
and the same answer comes back (TRUST §2.4 T31 to T36, §4.4).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Count, F, Q

from accounts.models import Customer, TradingAccount
from recovery.domain.claims import claim_reference_read
from recovery.domain.lifecycle import CASE_ENDED
from recovery.domain.references import clean_reference, grouped_reference
from recovery.models import Claim, ClaimCode, Event, Job, JobKind, RecoveryCase
from recovery.selectors.claim_sessions import secret_hash, session_claim
from recovery.services.actors import CUSTOMER
from recovery.services.audit import audit_write
from recovery.services.cases import case_customer_answer, case_open, case_withdraw
from recovery.services.jobs import job_create
from recovery.services.mails import mail_claim_code, mail_claim_received

CODE_DIGITS = 8
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODES_PER_HOUR = 5
# Over all claims of one customer: a stranger can file many on one account.
CODES_PER_CUSTOMER_AND_HOUR = 10
RECEIVED_MAILS_PER_HOUR = 5
# How far the stated time may lie from the event's own.
TIME_TOLERANCE = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
# Stands in for a claim that is not there, so that the same statements can run.
_NOBODY = Claim(pk=0)
_NO_CUSTOMER = Customer(pk=0, full_name="-", email="nobody@invalid")


@dataclass(frozen=True, slots=True)
class Filing:
    """What a customer states: an account, and the transaction id or what and when."""

    account_number: str
    transaction_id: str = ""
    instrument: str = ""
    happened_at: datetime | None = None
    message: str = ""


class Filed(NamedTuple):
    """A claim as it came in, and the job that looks for what it is about."""

    claim: Claim
    job: Job


@transaction.atomic
def claim_receive(filing: Filing, *, now: datetime) -> Filed:
    """Take a claim from a stranger; nothing is looked up while they wait.

    Whether the account or the transaction is known changes neither the statements
    nor their time (TRUST T32): a job matches the claim afterwards.
    """
    claim = _claim_record(filing, now)
    return Filed(claim, job_create(JobKind.MATCH, {"claim": claim.pk}))


@transaction.atomic
def claim_file(filing: Filing, *, now: datetime) -> Claim:
    """File a claim and match it at once, where no stranger waits for the answer."""
    return claim_match(_claim_record(filing, now).pk, now=now)


def _claim_record(filing: Filing, now: datetime) -> Claim:
    claim = Claim.objects.create(
        reference=grouped_reference("CL", secrets.token_bytes(10)),
        account_number=filing.account_number.strip(),
        transaction_id=filing.transaction_id.strip(),
        instrument=filing.instrument.strip(),
        happened_at=filing.happened_at,
        message=filing.message.strip(),
        filed_at=now,
    )
    audit_write(CUSTOMER, "claim.file", f"claim {claim.reference}")
    return claim


@transaction.atomic
def claim_match(claim_id: int, *, now: datetime) -> Claim:
    """Open or join the case of a claim when it matches what the desk knows.

    Safe to repeat: a claim that has its case is left as it is.
    """
    claim = Claim.objects.select_for_update(no_key=True).get(pk=claim_id)
    if claim.case_id is not None:
        return claim
    accounts = list(
        TradingAccount.objects.filter(number=claim.account_number)
        .select_related("customer")
        .order_by("id")[:20]
    )
    event = _find_event(claim, accounts)
    customer = event.account.customer if event else _only_customer(accounts)
    case = _find_case(event, customer, now)
    if case is None:
        return claim
    claim.case, claim.customer = case, customer
    claim.save(update_fields=["case", "customer"])
    recent = Claim.objects.filter(
        customer=customer, customer__isnull=False, filed_at__gt=now - _HOUR
    )
    if recent.count() <= RECEIVED_MAILS_PER_HOUR:
        mail_claim_received(claim)
    return claim


def _find_event(claim: Claim, accounts: list[TradingAccount]) -> Event | None:
    """The event meant: by the platform's own id or ours, else by what and when."""
    events = Event.objects.filter(account__in=accounts).select_related(
        "account__customer"
    )
    if stated := claim.transaction_id:
        is_it = Q(source_reference=stated) | Q(reference=clean_reference(stated))
        return events.filter(is_it).order_by("id").first()
    if not claim.instrument or claim.happened_at is None:
        return None
    at = claim.happened_at
    near = events.filter(
        instrument__iexact=claim.instrument,
        started_at__lte=at + TIME_TOLERANCE,
        ended_at__gte=at - TIME_TOLERANCE,
    )
    return min(near, key=lambda event: abs(event.started_at - at), default=None)


def _only_customer(accounts: list[TradingAccount]) -> Customer | None:
    """The owner, when all accounts of this number belong to one customer."""
    owners = {account.customer for account in accounts}
    return owners.pop() if len(owners) == 1 else None


def _find_case(
    event: Event | None, customer: Customer | None, now: datetime
) -> RecoveryCase | None:
    """The case of the event; without one, one open case per customer is enough."""
    if event is None and customer is not None:
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        unmatched = RecoveryCase.objects.filter(
            customer=customer, event=None, origin="claim"
        )
        there = unmatched.exclude(status__in=CASE_ENDED).order_by("id").first()
        if there is not None:
            return there
    if event is None and customer is None:
        return None
    return case_open(CUSTOMER, event=event, customer=customer, origin="claim", now=now)


def claim_request_code(reference: str, session_key: str, *, now: datetime) -> None:
    """Mail a one-time code to the mail on file, if there is such a claim.

    A new code kills the older ones. Known or not, within the budget or not: the same
    statements and the same hashing run; only what they wrote is kept or undone.

    Args:
        reference: As typed.
        session_key: Of the browser that asks; the code works there only.
        now: Decides the life of the code and the hour of the budget.
    """
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    code_hash = make_password(code)
    with transaction.atomic():
        claim = _claim_locked(reference)
        writes = transaction.savepoint()
        is_kept = (
            _is_within_budget(claim, now)
            and claim is not _NOBODY
            and not _is_cooling(claim, now)
        )
        # The older ones die: a code beyond its time opens nothing.
        ClaimCode.objects.filter(
            claim_id=claim.pk, used_at=None, expires_at__gt=now
        ).update(expires_at=now)
        made = ClaimCode.objects.create(
            claim_id=claim.pk,
            session_hash=secret_hash(session_key),
            code_hash=code_hash,
            made_at=now,
            expires_at=now + CODE_LIFE,
        )
        mail_claim_code(
            claim.customer or _NO_CUSTOMER,
            claim.reference,
            code,
            key=f"claim-code-{made.pk}",
        )
        if is_kept:
            transaction.savepoint_commit(writes)
        else:
            transaction.savepoint_rollback(writes)


def _is_cooling(claim: Claim, now: datetime) -> bool:
    """Whether the mail on file is so new that no code goes there yet (TRUST T18)."""
    until = claim.customer.cooling_until if claim.customer else None
    return until is not None and until > now


def _is_within_budget(claim: Claim, now: datetime) -> bool:
    """Whether one more code may leave; counted in the database, under the lock."""
    asked = ClaimCode.objects.filter(
        claim__customer_id=claim.customer_id or 0, made_at__gt=now - _HOUR
    ).aggregate(of_claim=Count("pk", filter=Q(claim_id=claim.pk)), of_all=Count("pk"))
    of_claim, of_all = int(asked["of_claim"]), int(asked["of_all"])
    return of_claim < CODES_PER_HOUR and of_all < CODES_PER_CUSTOMER_AND_HOUR


def _claim_locked(reference: str) -> Claim:
    """The claim with a mail on file, locked with its owner; else the stand-in."""
    claim = (
        Claim.objects.select_for_update(of=("self", "customer"), no_key=True)
        .select_related("customer")
        .filter(reference=claim_reference_read(reference), customer__isnull=False)
        .first()
    )
    return claim or _NOBODY


def claim_enter(
    reference: str, code: str, session_key: str, *, now: datetime
) -> str | None:
    """Exchange a code for a claim session of 15 minutes.

    Every try is counted by one UPDATE that also asks whether a try is left; a code
    that is right is used up under the row's lock, so it opens one session.

    Returns:
        The token of the session, or None: wrong, late, used, dead, another browser.
    """
    with transaction.atomic():
        tried = _try_counted(reference, session_key, now)
        stored = tried.code_hash if tried else _hash_of_no_code()
        is_right = check_password(code.strip(), stored)
        secret = secrets.token_urlsafe(32)
        opened = ClaimCode.objects.filter(
            pk=tried.pk if tried and is_right else 0, used_at=None
        ).update(used_at=now, session_hash=secret_hash(secret))
    return f"{tried.pk}.{secret}" if tried and opened else None


def _try_counted(reference: str, session_key: str, now: datetime) -> ClaimCode | None:
    """The live code of this claim and browser, its try counted; None when none is."""
    live = ClaimCode.objects.filter(
        claim__reference=claim_reference_read(reference),
        session_hash=secret_hash(session_key),
        used_at=None,
        expires_at__gt=now,
    ).order_by("-made_at", "-id")
    found = live.values_list("pk", flat=True).first() or 0
    counted = ClaimCode.objects.filter(
        pk=found, used_at=None, expires_at__gt=now, tries__lt=CODE_TRIES
    ).update(tries=F("tries") + 1)
    row = ClaimCode.objects.filter(pk=found if counted else 0)
    return row.first()


@cache
def _hash_of_no_code() -> str:
    """A hash no code fits, made like every other."""
    return make_password(secrets.token_urlsafe(32))


def claim_leave(token: str, *, now: datetime) -> None:
    """End a claim session before its time."""
    if session_claim(token, now=now) is not None:
        ClaimCode.objects.filter(pk=int(token.partition(".")[0])).update(
            session_hash=""
        )


def claim_answer(claim: Claim, answer: str, *, now: datetime) -> None:
    """Take the customer's answer to the open question of the claim's case.

    Raises:
        NotReadyError: The answer is empty.
        TransitionRefusedError: Nothing is asked.
    """
    if claim.case is not None:
        case_customer_answer(CUSTOMER, claim.case, answer, now=now)


def claim_withdraw(claim: Claim, *, now: datetime) -> None:
    """Take the claim back.

    Raises:
        TransitionRefusedError: It is being decided, decided or ended.
    """
    if claim.case is not None:
        case_withdraw(CUSTOMER, claim.case, now=now)
