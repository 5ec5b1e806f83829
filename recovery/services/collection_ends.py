"""A collection whose decision lost its force is taken back."""

from datetime import datetime

from recovery.domain.lifecycle import COLLECTION_ENDED, CollectionAction
from recovery.models import RecoveryCase
from recovery.services.actors import SYSTEM
from recovery.services.transitions import collection_move


def collections_take_back(case: RecoveryCase, why: str, *, now: datetime) -> None:
    """Take back what is being collected on a locked case; nothing is asked any more."""
    rows = case.collections.select_for_update(no_key=True).exclude(
        status__in=COLLECTION_ENDED
    )
    for collection in rows:
        collection_move(
            SYSTEM, collection, CollectionAction.TAKE_BACK, now=now, reason=why
        )
