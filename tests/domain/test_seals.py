"""Two sealed contents side by side."""

from recovery.domain.canonical import canonical_json
from recovery.domain.seals import seal_differences


def test_what_differs_is_named_field_by_field() -> None:
    shown = canonical_json({"amount": "5", "to": ["tron", "T1"], "hold": "", "a": 1})
    now = canonical_json({"amount": "6", "to": ["tron", "T2"], "hold": "H", "a": 1})

    assert seal_differences(shown, now) == (
        "amount: 5 then, 6 now",
        "hold: nothing then, H now",
        "to: tron, T1 then, tron, T2 now",
    )


def test_equal_contents_differ_in_nothing() -> None:
    text = canonical_json({"amount": "5"})
    assert seal_differences(text, text) == ()


def test_a_text_that_is_no_content_still_gives_an_answer() -> None:
    assert seal_differences("{", canonical_json({"a": "1"})) == (
        "a: nothing then, 1 now",
        "content: <not readable> then, nothing now",
    )
    assert seal_differences("[1]", "[2]") == ("content: 1 then, 2 now",)


def test_digests_are_cut_short() -> None:
    one, two = "a" * 64, "b" * 64
    told = seal_differences(
        canonical_json({"receipt": one}), canonical_json({"receipt": two})
    )
    assert told == (f"receipt: {'a' * 16}… then, {'b' * 16}… now",)
