"""Settings, entry points and the engines: the top of the house."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
