"""Own starters for PostgreSQL and Redis, and where they are reached."""
