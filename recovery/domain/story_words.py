"""The words of a story, one data file a language (story_languages/)."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from recovery.domain.figures import money_text
from recovery.domain.ledger import ZERO

_OTHER = "other"
# An amount keeps its order of signs inside text that runs from right to left.
_ISOLATE, _END_ISOLATE = "\u2066", "\u2069"


class LabelWords(NamedTuple):
    """How one label is said: its name, and what a minus and a plus of it did."""

    name: str
    minus: str
    plus: str


class StoryWords(NamedTuple):
    """Everything a story says in one language.

    Attributes:
        direction: ltr or rtl, how the language runs.
        place: among the languages offered.
    """

    code: str
    name: str
    direction: str
    place: int
    sentences: Mapping[str, str]
    labels: Mapping[str, LabelWords]

    def sentence(self, key: str, **parts: str) -> str:
        """One sentence with its parts."""
        return self.sentences[key].format_map(parts)

    def label(self, label: str) -> LabelWords:
        """How a label is said."""
        return self.labels.get(label, self.labels[_OTHER])

    def amount(self, amount: Decimal, asset: str) -> str:
        """An amount without its sign, with its asset."""
        return self.kept(money_text(amount, asset))

    def kept(self, text: str) -> str:
        """A name, an amount or a time in its own order of signs."""
        return f"{_ISOLATE}{text}{_END_ISOLATE}" if self.is_turned else text

    def signed(self, amount: Decimal, asset: str) -> str:
        """An amount, its minus as a word."""
        text = self.amount(amount, asset)
        return self.sentence("below_zero", amount=text) if amount < ZERO else text

    @property
    def is_turned(self) -> bool:
        """Whether it runs from right to left."""
        return self.direction == "rtl"


@cache
def story_languages() -> Mapping[str, StoryWords]:
    """The languages a story can be told in, by code, in the order offered."""
    folder = files("recovery.domain") / "story_languages"
    found = [
        _words(entry.name.removesuffix(".toml"), entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    ordered = sorted(found, key=lambda words: words.place)
    return MappingProxyType({words.code: words for words in ordered})


def story_words(code: str = "en") -> StoryWords:
    """The words of one language."""
    return story_languages()[code]


def _words(code: str, text: str) -> StoryWords:
    table = tomllib.loads(text)
    labels = {label: LabelWords(**said) for label, said in table["labels"].items()}
    return StoryWords(
        code=code,
        name=table["name"],
        direction=table["direction"],
        place=table["place"],
        sentences=MappingProxyType(table["sentences"]),
        labels=MappingProxyType(labels),
    )
