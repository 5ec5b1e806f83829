"""A story as a picture: whole, in every language, and nothing from outside in it."""

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from recovery.admin.story_picture import picture_address, story_picture
from recovery.domain.story import LineFacts, story_sentences, story_steps
from recovery.domain.story_words import StoryWords, story_languages

TEXT = "{http://www.w3.org/2000/svg}text"
RECT = "{http://www.w3.org/2000/svg}rect"


def drawn(words: StoryWords) -> ET.Element:
    steps = story_steps(
        [
            LineFacts("opening_balance", Decimal(100), Decimal(100), "recorded"),
            LineFacts("trading_fee", Decimal(-3), Decimal("-5.5"), "computed"),
            LineFacts("a<b&c", Decimal(-1), Decimal(-1), "recorded"),
        ],
        words,
    )
    sentences = story_sentences(steps, "<USDT>", words)
    return ET.fromstring(story_picture(sentences, steps, "<USDT>", words))


@pytest.mark.parametrize("words", story_languages().values(), ids=lambda one: one.code)
def test_every_sentence_and_bar_is_drawn_inside_the_frame(words: StoryWords) -> None:
    picture = drawn(words)
    height = int(picture.get("height", "0"))
    width = int(picture.get("width", "0"))
    told = " ".join(one.text or "" for one in picture.iter(TEXT))
    assert "5.5" in told
    assert "<USDT>" in told
    for text in picture.iter(TEXT):
        assert 0 < int(text.get("y", "0")) < height
        assert 0 < int(text.get("x", "0")) < width
    bars = list(picture.iter(RECT))[1:]
    assert len(bars) == 5
    assert all(int(bar.get("y", "0")) + 11 < height for bar in bars)
    is_turned = any(one.get("direction") == "rtl" for one in picture.iter(TEXT))
    assert is_turned is words.is_turned


def test_long_text_is_broken_into_lines_without_losing_a_letter() -> None:
    words = story_languages()["zh"]
    sentence = "您的仓位被强制平仓" * 20
    picture = ET.fromstring(story_picture([sentence], (), "USDT", words))
    lines = [one.text or "" for one in picture.iter(TEXT)]
    assert sentence in "".join(lines)
    assert max(map(len, lines)) <= 39


def test_the_address_of_a_picture_holds_it() -> None:
    assert picture_address("<svg/>") == "data:image/svg+xml;base64,PHN2Zy8+"
