"""The admin site under unfold, mounted as the desk."""

from django.contrib.admin.apps import AdminConfig

from config import checks
from config.celery import app as celery_app

# Tasks find their broker through this app as soon as Django is set up; the checks
# are registered by their import.
__all__ = ["DeskConfig", "celery_app", "checks"]


class DeskConfig(AdminConfig):
    """The admin with our own site: duties open doors, permissions do not."""

    default_site = "config.desk_site.DeskSite"
