"""What can go wrong with a server of our own."""


class EngineStartError(RuntimeError):
    """A server of our own could not be started."""

    code = "engine_start"

    def __init__(self, engine: str, reason: str) -> None:
        """Name the server and the reason in words for the person at the terminal."""
        super().__init__(f"{engine} did not start: {reason}")
        self.engine = engine
        self.reason = reason
