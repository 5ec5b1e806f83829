"""Acts: buttons by name, each posting to a view that calls exactly one service."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.db import DatabaseError, IntegrityError
from django.http import HttpRequest

from recovery.admin.forms import DeskForm
from recovery.admin.permissions import actor_of
from recovery.domain.duties import Duty
from recovery.domain.errors import FreshFactorNeededError, RecoveryError
from recovery.services.actors import Actor
from recovery.services.clock import database_now
from recovery.services.retries import retried

Data = dict[str, Any]
Run = Callable[[Actor, Any, Data, datetime], object]


class Outcome(NamedTuple):
    """How an act ended, and the page it made worth reading next."""

    text: str
    url: str = ""


def _always(_actor: Actor, _subject: Any) -> bool:
    return True


def _nothing(_actor: Actor, _subject: Any) -> Data:
    return {}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing people may do, by the name on its button.

    Attributes:
        run: Calls one service with actor, subject, form data and the time.
        done: What the page says afterwards; a text answer of `run` replaces it,
            an `Outcome` leads to another page too.
        duties: The button shows to holders of any; the service asks again.
        fits: Whether the subject is in a state that knows this act.
        initial: What the form starts from: prefilled and hidden values.
        tone: primary, plain or danger.
    """

    name: str
    label: str
    run: Run
    done: str
    duties: frozenset[Duty]
    form: type[DeskForm] = DeskForm
    fits: Callable[[Actor, Any], bool] = _always
    initial: Callable[[Actor, Any], Data] = _nothing
    tone: str = "plain"
    hint: str = ""

    def is_offered(self, actor: Actor, subject: Any) -> bool:
        """Whether the button shows."""
        return bool(actor.duties & self.duties) and self.fits(actor, subject)

    def empty_form(
        self, actor: Actor, subject: Any, typed: Mapping[str, Any] | None = None
    ) -> DeskForm:
        """The form to show; hidden values are fresh, typed words are kept."""
        return self.form(
            initial={**self.initial(actor, subject), **(typed or {})},
            subject=subject,
            actor=actor,
            auto_id=f"{self.name}-%s",
        )


@dataclass(frozen=True, slots=True)
class OfferedAct:
    """An act on a page: its form and where it posts to."""

    act: Act
    form: DeskForm
    url: str
    is_open: bool = False

    @property
    def has_fields(self) -> bool:
        """Whether the person must type or choose something first."""
        return bool(self.form.visible_fields())

    @property
    def takes_files(self) -> bool:
        """Whether the form sends a file."""
        return self.form.is_multipart()


def offered(
    acts: Iterable[Act],
    actor: Actor,
    subject: Any,
    url_of: Callable[[str], str],
    typed: Mapping[str, Data] | None = None,
) -> list[OfferedAct]:
    """The acts this person may take on this subject now."""
    typed = typed or {}
    return [
        OfferedAct(
            act,
            act.empty_form(actor, subject, typed.get(act.name)),
            url_of(act.name),
            is_open=act.name in typed,
        )
        for act in acts
        if act.is_offered(actor, subject)
    ]


def act_take(request: HttpRequest, act: Act, subject: Any) -> DeskForm | Outcome:
    """Take an act as posted and say how it went.

    Returns:
        How it ended when it was done, else the form as filled in.

    Raises:
        FreshFactorNeededError: The person must confirm first; nothing was done.
    """
    actor = actor_of(request)
    form = act.form(request.POST, request.FILES, subject=subject, actor=actor)
    if not form.is_valid():
        for name, problems in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            messages.error(
                request, f"{label or 'Form'}: {' '.join(map(str, problems))}"
            )
        return form
    try:
        answer = retried(
            lambda: act.run(actor, subject, form.cleaned_data, database_now())
        )
    except FreshFactorNeededError:
        raise
    except RecoveryError as error:
        messages.error(request, f"Refused. {error}")
        return form
    except IntegrityError as error:
        messages.error(request, f"Refused by the database: {_why(error)}.")
        return form
    outcome = _outcome(answer, act.done)
    messages.success(request, outcome.text)
    return outcome


def _outcome(answer: object, done: str) -> Outcome:
    if isinstance(answer, Outcome):
        return answer
    return Outcome(answer if isinstance(answer, str) else done)


def _why(error: DatabaseError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    text = getattr(diagnosis, "message_primary", None)
    return str(text or "another change came first")
