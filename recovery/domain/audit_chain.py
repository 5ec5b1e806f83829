"""The audit's chain: how a link is computed, and where a chain is broken.

The database seals entries by the same rule in its own function; this is the second
computation, which does not ask the database whether it told the truth.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

GENESIS = "0" * 64
_LAYOUT = "desk-audit-1"


@dataclass(frozen=True, slots=True)
class Link:
    """One sealed entry as stored.

    Attributes:
        position: Place in the chain, from 1, without gaps.
        entry: Number of the entry; None when the seal's entry is gone.
        content: The entry's parts as text, in the order they are sealed.
        title: How a person finds it: action and subject.
    """

    position: int
    entry: int | None
    previous_hash: str
    hash: str
    content: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where the chain does not hold; position 0 is outside of it."""

    position: int
    entry: int | None
    title: str
    why: str

    def __str__(self) -> str:
        place = f"position {self.position}, " if self.position else ""
        named = f"entry {self.entry}" if self.entry is not None else "no entry"
        about = f" ({self.title})" if self.title else ""
        return f"{place}{named}{about}: {self.why}"


def link_hash(position: int, previous_hash: str, content: Iterable[str]) -> str:
    """SHA-256 over layout, position, previous hash and content, each with its length."""
    digest = hashlib.sha256()
    for part in (_LAYOUT, str(position), previous_hash, *content):
        coded = part.encode()
        digest.update(b"%d:%b," % (len(coded), coded))
    return digest.hexdigest()


def commitment_of(salt: str, name: str, value: str) -> str:
    """What an entry holds instead of a personal value.

    Args:
        salt: 32 random bytes as hexadecimal text, used once. Without it nobody can
            try values until one fits.
    """
    return hashlib.sha256(
        bytes.fromhex(salt) + name.encode() + b"\0" + value.encode()
    ).hexdigest()


class ChainCheck:
    """Walks a chain from its genesis and remembers how far it held."""

    def __init__(self, heads: Mapping[int, str]) -> None:
        """Take the heads written down earlier: position to hash."""
        self.position = 0
        self.hash = GENESIS
        self._head_met = 0
        self._heads = dict(heads)

    def faults(self, links: Iterable[Link]) -> Iterator[Fault]:
        """Give the first fault, if any: behind it nothing can be told.

        Args:
            links: In the order of their positions.
        """
        for link in links:
            why = self._why_broken(link)
            if why:
                yield Fault(link.position, link.entry, link.title, why)
                return
            self.position, self.hash = link.position, link.hash
            if link.position in self._heads:
                self._head_met = link.position
        beyond = [place for place in self._heads if place > self.position]
        if beyond:
            yield Fault(
                self.position + 1,
                None,
                "",
                f"the chain ends here, but a head at {max(beyond)} was written down",
            )

    def _why_broken(self, link: Link) -> str:
        if link.position != self.position + 1:
            return f"position {self.position + 1} is missing before it"
        if link.entry is None:
            return "the sealed entry is gone"
        if link.previous_hash != self.hash:
            return "it does not follow what stands before it"
        if link.hash != link_hash(link.position, link.previous_hash, link.content):
            return "it is not what was sealed"
        if self._heads.get(link.position, link.hash) != link.hash:
            return (
                "another head was written down for it: the chain was written anew"
                f" somewhere after position {self._head_met}"
            )
        return ""
