"""What can go wrong with servers and schema before any work begins."""

from pathlib import Path


class EngineStartError(RuntimeError):
    """A server of our own could not be started."""

    code = "engine_start"

    def __init__(self, engine: str, reason: str) -> None:
        """Name the server and the reason in words for the person at the terminal."""
        super().__init__(f"{engine} did not start: {reason}")
        self.engine = engine
        self.reason = reason


class DataFolderError(EngineStartError):
    """A folder holds what this desk's own server cannot work on."""

    code = "data_folder"

    def __init__(self, folder: Path, why: str, way_out: str) -> None:
        """Name the folder, what is wrong with it, and what the person can do."""
        super().__init__("The desk's own servers", f"{folder}: {why}. Now {way_out}.")
        self.folder = folder
        self.why = why
        self.way_out = way_out


class PreparationFailedError(RuntimeError):
    """The database could not be brought up to date."""

    code = "preparation_failed"

    def __init__(self) -> None:
        """Say so; the migration itself has told why."""
        super().__init__(self.__doc__)
