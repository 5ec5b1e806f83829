"""Filters of the queue."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from recovery.admin.show import words
from recovery.domain.lifecycle import CASE_ENDED, CaseStatus
from recovery.domain.words import BreakReason
from recovery.models import RecoveryCase


class StatusFilter(SimpleListFilter):
    """Open cases unless somebody asks for others."""

    title = "status"
    parameter_name = "status"

    def lookups(
        self, _request: HttpRequest, _model_admin: Any
    ) -> list[tuple[str, str]]:
        """Every status, and all of them."""
        return [("all", "All"), *((one.value, words(one)) for one in CaseStatus)]

    def choices(self, changelist: Any) -> Any:
        """The first choice is the open queue."""
        for index, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Open"} if index == 0 else choice

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[RecoveryCase]
    ) -> QuerySet[RecoveryCase]:
        """Keep the rows."""
        value = self.value()
        if value == "all":
            return queryset
        if value:
            return queryset.filter(status=value)
        return queryset.exclude(status__in=CASE_ENDED)


class AssigneeFilter(SimpleListFilter):
    """Mine, or nobody's."""

    title = "assignee"
    parameter_name = "assignee"

    def lookups(
        self, _request: HttpRequest, _model_admin: Any
    ) -> list[tuple[str, str]]:
        """Two questions people ask."""
        return [("me", "Me"), ("none", "Nobody")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RecoveryCase]
    ) -> QuerySet[RecoveryCase]:
        """Keep the rows."""
        if self.value() == "me":
            return queryset.filter(assignee=request.user.pk)
        if self.value() == "none":
            return queryset.filter(assignee=None)
        return queryset


class ReasonFilter(SimpleListFilter):
    """The primary reason of the event's break."""

    title = "reason"
    parameter_name = "reason"

    def lookups(
        self, _request: HttpRequest, _model_admin: Any
    ) -> list[tuple[str, str]]:
        """Every reason."""
        return [(one.value, words(one)) for one in BreakReason]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[RecoveryCase]
    ) -> QuerySet[RecoveryCase]:
        """Keep the rows."""
        if self.value():
            return queryset.filter(event__breaks__reason=self.value()).distinct()
        return queryset


class DueFilter(SimpleListFilter):
    """What is late, and what soon will be."""

    title = "due"
    parameter_name = "due"

    def lookups(
        self, _request: HttpRequest, _model_admin: Any
    ) -> list[tuple[str, str]]:
        """The two the dashboard counts."""
        return [("overdue", "Overdue"), ("day", "Within 24 h")]

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[RecoveryCase]
    ) -> QuerySet[RecoveryCase]:
        """Keep the rows."""
        now = timezone.now()
        if self.value() == "overdue":
            return queryset.filter(next_update_due_at__lte=now)
        if self.value() == "day":
            until = now + timedelta(days=1)
            return queryset.filter(
                next_update_due_at__gt=now, next_update_due_at__lte=until
            )
        return queryset
