"""Entry point of the web process."""

import os

from django.core.wsgi import get_wsgi_application

from config.whole_bodies import CountedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = CountedBodies(get_wsgi_application())
