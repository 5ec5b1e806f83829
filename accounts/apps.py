"""Accounts: staff, customers and their trading accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People; knows nothing of recovery."""

    name = "accounts"
    verbose_name = "People"
