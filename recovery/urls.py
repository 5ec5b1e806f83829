"""Gathers the routes of the customer pages and the desk's own views."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("recovery.web.urls"))]
