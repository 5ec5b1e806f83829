"""News for staff, kept until a mail has told it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recovery.domain.staff_news import StaffNews
from recovery.models.fields import one_of, word_field


class StaffNotice(models.Model):
    """One piece of news for whoever holds a duty. Written by services.staff_notices.

    Its row stands in the transaction of its cause, so a dry run tells nobody.
    """

    key = models.CharField(
        max_length=120, unique=True, db_comment="Names the one cause: one row each."
    )
    news = word_field(StaffNews, max_length=32)
    about = models.CharField(max_length=120, db_comment="A reference, never a person.")
    subject_kind = models.CharField(max_length=32, db_comment="Model of its page.")
    subject_id = models.BigIntegerField()
    also = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Told too, whatever their duties: who asked for it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [one_of("news", StaffNews, "recovery_notice_news_known")]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(told_at__isnull=True),
                name="recovery_notice_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.news}: {self.about}"
