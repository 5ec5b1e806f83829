OUTBOX_POINTS: dict[str, str] = {}
