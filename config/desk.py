"""The admin site under unfold, mounted as the desk."""

from django.contrib.admin.apps import AdminConfig

from config.celery import app as celery_app

# Tasks find their broker through this app as soon as Django is set up.
__all__ = ["DeskConfig", "celery_app"]


class DeskConfig(AdminConfig):
    """The admin with unfold's site and our own navigation."""

    default_site = "unfold.sites.UnfoldAdminSite"
