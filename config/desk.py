"""The admin site under unfold, mounted as the desk."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """The admin with our own site: duties open doors, permissions do not."""

    default_site = "config.desk_site.DeskSite"
