"""What a member of staff may do. Which role holds a duty is said elsewhere."""

from enum import StrEnum


class Duty(StrEnum):
    """One thing a role may do; every service asks for one."""

    READ_DESK = "read_desk"
    IMPORT_FILES = "import_files"
    WORK_CASE = "work_case"
    PROPOSE_DECISION = "propose_decision"
    PROPOSE_SMALL_DECISION = "propose_small_decision"  # As far as a limit names it.
    APPROVE_DECISION = "approve_decision"
    PROPOSE_PAYMENT = "propose_payment"
    APPROVE_PAYMENT = "approve_payment"
    BUILD_BATCH = "build_batch"
    RELEASE_BATCH = "release_batch"
    CONFIRM_PAYMENT = "confirm_payment"
    REOPEN_CASE = "reopen_case"
    HOLD_PAYMENT = "hold_payment"
    COLLECT_DEFICIT = "collect_deficit"
    APPROVE_WRITE_OFF = "approve_write_off"
    DRAFT_RULES = "draft_rules"
    ACTIVATE_RULES = "activate_rules"
    EXPORT_WORKBOOK = "export_workbook"
    READ_AUDIT = "read_audit"
    ADMINISTER_PEOPLE = "administer_people"
    BE_CUSTOMER = "be_customer"  # Held by the claim page, never by staff.
    BE_SYSTEM = "be_system"  # Held by jobs, never by a person.
