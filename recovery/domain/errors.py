"""Refusals of the core and the services: one base, fields, a stable code."""


class RecoveryError(Exception):
    """An act was refused."""

    code = "refused"


class TransitionRefusedError(RecoveryError):
    """The lifecycle has no such step."""

    code = "transition_refused"

    def __init__(self, subject: str, status: str, action: str) -> None:
        self.subject, self.status, self.action = subject, status, action
        name = action.replace("_", " ")
        super().__init__(f"A {subject} that is {status} cannot take the step “{name}”.")


class DutyMissingError(RecoveryError):
    """The actor holds no role with the duty this act needs."""

    code = "duty_missing"

    def __init__(self, actor: str, duties: str) -> None:
        self.actor, self.duties = actor, duties
        super().__init__(f"{actor} may not do this: it needs the duty {duties}.")


class FreshFactorNeededError(RecoveryError):
    """Approving and releasing need a second factor proved minutes ago."""

    code = "fresh_factor_needed"

    def __init__(self, actor: str) -> None:
        self.actor = actor
        super().__init__(
            f"{actor} must confirm with a second factor first: the last time is more "
            "than five minutes ago."
        )


class SamePersonError(RecoveryError):
    """Four eyes: the second person must be somebody else."""

    code = "same_person"

    def __init__(self, actor: str, earlier_act: str) -> None:
        self.actor, self.earlier_act = actor, earlier_act
        super().__init__(f"{actor} {earlier_act}; a second person must do this.")


class StaleError(RecoveryError):
    """What was shown is not what is stored any more."""

    code = "stale"

    def __init__(
        self, what: str, shown: str, now: str, *, differences: tuple[str, ...] = ()
    ) -> None:
        self.what, self.shown, self.now = what, shown, now
        self.differences = differences
        told = f" What differs: {'; '.join(differences)}." if differences else ""
        super().__init__(
            f"{what} changed since the page was opened (shown {shown}, now {now})."
            f"{told} Look again before you act."
        )


class LimitExceededError(RecoveryError):
    """More money than is owed was asked for."""

    code = "limit_exceeded"

    def __init__(self, asset: str, asked: str, allowed: str) -> None:
        self.asset, self.asked, self.allowed = asset, asked, allowed
        super().__init__(f"{asked} {asset} asked, at most {allowed} {asset} is owed.")


class NotReadyError(RecoveryError):
    """Something this act needs is not there yet."""

    code = "not_ready"


class FileRejectedError(RecoveryError):
    """A file handed to a service cannot be taken."""

    code = "file_rejected"
