"""Mails to customers of the steps that were taken: one for each recorded step."""

from recovery.domain.customer_news import (
    CASE_STEP_MAIL,
    CustomerNews,
    Told,
    collection_step_mail,
    payment_step_mail,
)
from recovery.domain.lifecycle import CaseAction, CollectionAction, PaymentAction
from recovery.models import Transition
from recovery.services.mails import mail_case_news


def step_mailed(step: Transition) -> None:
    """Write the mail that a recorded step is for the customer, if it is any.

    A step is recorded once, so its number in the key makes it one mail; what is rolled
    back, or only tried, leaves neither step nor mail.
    """
    told = _told(step)
    if not isinstance(told, CustomerNews):
        return
    subject = step.payment or step
    mail_case_news(subject.case, told, key=f"step-{step.pk}")


def _told(step: Transition) -> Told:
    if step.payment is not None:
        return payment_step_mail(
            step.payment.kind,
            PaymentAction(step.action),
            was_approved=step.payment.approver_id is not None,
        )
    if step.collection is not None:
        return collection_step_mail(
            CollectionAction(step.action),
            was_noticed=step.collection.transitions.filter(
                action=CollectionAction.SEND_NOTICE
            ).exists(),
        )
    return CASE_STEP_MAIL[CaseAction(step.action)]
