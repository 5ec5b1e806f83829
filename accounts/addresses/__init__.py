"""Whether an address can be paid to at all: pure checks, no database, no network."""
