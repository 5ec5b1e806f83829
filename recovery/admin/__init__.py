"""The desk: lists and pages for staff. Reads selectors, acts through services."""

from recovery.admin import (
    approval_rules,
    approvals,
    audit,
    batches,
    breaks,
    cases,
    collections,
    events,
    imports,
    jobs,
    ledger,
    payments,
    people,
    rules,
    staff_notices,
    workbooks,
)

__all__ = [
    "approval_rules",
    "approvals",
    "audit",
    "batches",
    "breaks",
    "cases",
    "collections",
    "events",
    "imports",
    "jobs",
    "ledger",
    "payments",
    "people",
    "rules",
    "staff_notices",
    "workbooks",
]
