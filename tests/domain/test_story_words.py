"""Every language says everything, with the same parts, and no other language's words."""

from decimal import Decimal
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.settlement_case import LineLabel
from recovery.domain.story import (
    LineFacts,
    story_sentences,
    story_steps,
    wallet_sentences,
    waterfall,
)
from recovery.domain.story_words import StoryWords, story_languages, story_words

ENGLISH = story_words()
OTHERS = [words for words in story_languages().values() if words.code != "en"]
CODES = ["en", "de", "fr", "es", "pt", "ru", "tr", "zh", "ja", "ar"]
amounts = st.decimals(
    min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False
)


def parts(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_ten_languages_are_offered_in_their_order() -> None:
    assert list(story_languages()) == CODES
    turned = [words.code for words in story_languages().values() if words.is_turned]
    assert turned == ["ar"]


@pytest.mark.parametrize("words", OTHERS, ids=lambda words: words.code)
def test_a_language_says_all_that_english_says(words: StoryWords) -> None:
    assert words.sentences.keys() == ENGLISH.sentences.keys()
    assert words.labels.keys() == ENGLISH.labels.keys()
    for key, template in words.sentences.items():
        assert parts(template) == parts(ENGLISH.sentences[key]), key
    names = {label.name for label in words.labels.values()}
    english = {label.name for label in ENGLISH.labels.values()}
    assert names & english <= {"Funding"}
    for key, label in words.labels.items():
        assert parts(label.minus) == parts(label.plus) == {"amount"}, key


def test_every_label_of_a_settlement_has_words() -> None:
    named = {label.value for label in LineLabel}
    assert sorted(named - ENGLISH.labels.keys()) == []


@pytest.mark.parametrize("words", story_languages().values(), ids=lambda one: one.code)
@given(expected=amounts, recorded=amounts)
def test_a_story_names_both_amounts_in_every_language(
    words: StoryWords, expected: Decimal, recorded: Decimal
) -> None:
    steps = story_steps(
        [LineFacts("trading_fee", expected, recorded, "computed")], words
    )
    told = " ".join(story_sentences(steps, "USDT", words))
    assert words.amount(recorded, "USDT") in told
    assert words.amount(expected, "USDT") in told
    assert "{" not in told
    assert waterfall(steps, words).bars[-1].name == words.sentence("left_rules")


def wallet(stated: str | None, *, is_opening_known: bool = True) -> str:
    steps = story_steps(
        [
            LineFacts("opening_balance", Decimal(10), Decimal(10), "recorded"),
            LineFacts("funding", Decimal(-3), Decimal(-3), "recorded"),
        ],
        ENGLISH,
    )
    said = None if stated is None else Decimal(stated)
    told = wallet_sentences(
        steps, "USDT", said, ENGLISH, is_opening_known=is_opening_known
    )
    return told[-1]


def test_what_stood_before_a_wallets_rows_is_never_taken_for_nought() -> None:
    told = "Together these rows come to 7 USDT; what stood before them is not known."
    assert wallet("7", is_opening_known=False) == told
    assert wallet(None, is_opening_known=False) == told


def test_a_wallet_ends_with_what_its_rows_leave() -> None:
    assert wallet(None) == "That leaves 7 USDT."
    assert wallet("7") == "That leaves 7 USDT, as it should be."
    assert wallet("6") == (
        "By these rows that leaves 7 USDT; the balance stated is 6 USDT, which is "
        "1 USDT less for you."
    )
