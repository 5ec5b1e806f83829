#!/usr/bin/env python
"""Django's command line, with the embedded servers around it where it needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config.engines.commands import command_surroundings


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with command_surroundings(sys.argv[1:]):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
