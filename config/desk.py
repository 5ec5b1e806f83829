"""The admin site under unfold, mounted as the desk."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """The admin with unfold's site and our own navigation."""

    default_site = "unfold.sites.UnfoldAdminSite"
