"""The chain of the audit: the first place where it does not hold is named."""

import hashlib
from dataclasses import replace

import pytest

from recovery.domain.audit_chain import (
    GENESIS,
    ChainCheck,
    Fault,
    Link,
    commitment_of,
    link_hash,
)


def chain(length: int = 3) -> list[Link]:
    """A chain that holds."""
    links: list[Link] = []
    previous = GENESIS
    for position in range(1, length + 1):
        content = ("case.open", f"RC-{position}")
        own = link_hash(position, previous, content)
        links.append(Link(position, position * 10, previous, own, content, "opened"))
        previous = own
    return links


def faults(links: list[Link], heads: dict[int, str] | None = None) -> list[Fault]:
    """What a walk finds."""
    return list(ChainCheck(heads or {}).faults(links))


@pytest.mark.parametrize(
    ("place", "change", "why"),
    [
        (1, {"position": 3}, "position 2 is missing before it"),
        (1, {"entry": None}, "the sealed entry is gone"),
        (1, {"previous_hash": GENESIS}, "it does not follow what stands before it"),
        (2, {"content": ("case.open", "RC-9")}, "it is not what was sealed"),
    ],
)
def test_first_broken_link_is_named_and_ends_the_walk(
    place: int, change: dict[str, object], why: str
) -> None:
    links = chain()
    links[place] = replace(links[place], **change)  # type: ignore[arg-type]
    (fault,) = faults(links)
    assert (fault.position, fault.why) == (links[place].position, why)


def test_chain_written_anew_does_not_meet_the_heads_written_down() -> None:
    heads = {1: chain()[0].hash, 2: "f" * 64}
    (fault,) = faults(chain(), heads)
    assert fault.position == 2
    assert fault.why.endswith("written anew somewhere after position 1")


def test_chain_cut_short_misses_a_head() -> None:
    (fault,) = faults(chain(2), {5: "f" * 64, 7: "e" * 64})
    assert (fault.position, fault.entry) == (3, None)
    assert fault.why == "the chain ends here, but a head at 7 was written down"


def test_whole_chain_has_no_fault_and_tells_its_head() -> None:
    check = ChainCheck({2: chain()[1].hash})
    assert list(check.faults(chain())) == []
    assert (check.position, check.hash) == (3, chain()[2].hash)


def test_fault_names_place_entry_and_title_where_it_has_them() -> None:
    assert str(Fault(2, 20, "opened", "gone")) == "position 2, entry 20 (opened): gone"
    assert str(Fault(0, None, "", "no seal")) == "no entry: no seal"


def test_parts_of_a_link_cannot_be_moved_into_each_other() -> None:
    assert link_hash(1, GENESIS, ("ab", "c")) != link_hash(1, GENESIS, ("a", "bc"))


def test_commitment_hides_a_value_behind_its_salt() -> None:
    told = commitment_of("00ff", "mail", "a@example.com")
    assert told == hashlib.sha256(b"\x00\xffmail\x00a@example.com").hexdigest()
    assert told != commitment_of("00fe", "mail", "a@example.com")
