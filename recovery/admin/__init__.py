"""The desk: lists and pages for staff. Reads selectors, acts through services."""

from recovery.admin import (
    approvals,
    audit,
    batches,
    breaks,
    cases,
    contacts,
    destinations,
    events,
    imports,
    jobs,
    ledger,
    payments,
    people,
    rules,
    workbooks,
)

__all__ = [
    "approvals",
    "audit",
    "batches",
    "breaks",
    "cases",
    "contacts",
    "destinations",
    "events",
    "imports",
    "jobs",
    "ledger",
    "payments",
    "people",
    "rules",
    "workbooks",
]
