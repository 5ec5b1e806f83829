#!/usr/bin/env python
"""Django's command line, with the embedded servers around it where it needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config.engines.commands import command_surroundings
from config.engines.errors import EngineStartError, PreparationFailedError
from config.env import EnvironmentValueError


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with command_surroundings(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except (EngineStartError, EnvironmentValueError, PreparationFailedError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
