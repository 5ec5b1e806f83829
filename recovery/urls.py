"""Gathers the routes of the customer pages and the desk's own views."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
