"""The arithmetic in words and as a picture: it adds up, and every sign is a word."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.figures import column_decimals, money_text, signed_figure
from recovery.domain.meanings import DecisionFacts, decision_headline, decision_meaning
from recovery.domain.money import exact
from recovery.domain.story import (
    LineFacts,
    difference_words,
    story_sentences,
    story_steps,
    story_total,
    waterfall,
)
from recovery.domain.words import DecisionKind

LABELS = [
    "opening_balance",
    "realised_pnl",
    "trading_fee",
    "liquidation_fee",
    "funding",
    "takeover",
    "surplus_taken",
    "cover_received",
    "transfer",
    "interest",
    "credit",
    "unknown",
    "other",
]
amounts = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=18, allow_nan=False
)
lines = st.lists(
    st.builds(
        LineFacts,
        st.sampled_from(LABELS),
        amounts,
        amounts,
        st.sampled_from(["computed", "recorded", "not_verifiable"]),
    ),
    max_size=30,
)


def line(
    label: str, expected: str, recorded: str, basis: str = "computed"
) -> LineFacts:
    return LineFacts(label, Decimal(expected), Decimal(recorded), basis)


@given(lines)
def test_steps_add_up_to_their_lines(given_lines: list[LineFacts]) -> None:
    total = story_total(story_steps(given_lines))

    with exact():
        expected = sum((one.expected for one in given_lines), Decimal(0))
        recorded = sum((one.recorded for one in given_lines), Decimal(0))
        assert (total.expected, total.recorded) == (expected, recorded)
        assert total.difference == recorded - expected
    assert total.lines == len(given_lines)


@given(lines)
def test_every_bar_lies_inside_the_picture(given_lines: list[LineFacts]) -> None:
    steps = story_steps(given_lines)
    picture = waterfall(steps)

    assert len(picture.bars) == len(steps) + 2
    assert 0 <= picture.zero <= 1000
    for bar in picture.bars:
        assert bar.start >= 0
        assert bar.width >= 0
        assert bar.start + bar.width <= 1000
        assert (bar.width > 0) == (bar.amount != 0)


@given(lines)
def test_there_is_a_sentence_for_every_step_and_the_sum(
    given_lines: list[LineFacts],
) -> None:
    steps = story_steps(given_lines)

    sentences = story_sentences(steps, "USDT")

    assert len(sentences) == len(steps) + 1
    assert all(text[0].isupper() and text.endswith(".") for text in sentences)
    assert not any("-" in text or "E+" in text for text in sentences)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (line("trading_fee", "-2.9", "-2.90"), "Trading fees took 2.9 USDT."),
        (line("funding", "0.4", "0.4"), "Funding brought 0.4 USDT."),
        (
            line("trading_fee", "-2.9", "-5.8"),
            (
                "By the rules, trading fees took 2.9 USDT; 5.8 USDT was booked, which is "
                "2.9 USDT less for you."
            ),
        ),
        (
            line("funding", "0.4", "-0.4"),
            (
                "By the rules, funding brought 0.4 USDT; 0.4 USDT to your cost was booked, "
                "which is 0.8 USDT less for you."
            ),
        ),
        (
            line("surplus_taken", "0", "-7"),
            "The insurance fund took 7 USDT; nothing of the kind was due.",
        ),
        (
            line("cover_received", "12", "0"),
            (
                "By the rules, the insurance fund or other traders covered 12 USDT; "
                "nothing was booked."
            ),
        ),
    ],
)
def test_a_step_says_what_should_be_and_what_was(
    said: LineFacts, sentence: str
) -> None:
    assert story_sentences(story_steps([said]), "USDT")[0] == sentence


def test_the_least_certain_line_names_the_basis_of_a_step() -> None:
    steps = story_steps(
        [line("funding", "1", "1"), line("funding", "1", "1", "not_verifiable")]
    )

    assert (steps[0].basis, steps[0].lines) == ("not_verifiable", 2)


def test_figures_are_grouped_and_aligned() -> None:
    assert money_text(Decimal("-1234567.50"), "USDT") == "1\u202f234\u202f567.5 USDT"
    assert money_text(Decimal(1234), "USDT") == "1234 USDT"
    assert column_decimals([Decimal(1), Decimal("0.125")]) == 3
    assert signed_figure(Decimal("-2.9"), 2) == ("minus", "\u2212", "2.90")
    assert signed_figure(Decimal("-0.0"), 2) == ("", "", "0.00")
    assert difference_words(Decimal(3), "BTC") == "3 BTC more for you"


def facts(kind: DecisionKind, **values: object) -> DecisionFacts:
    stated = {
        "asset": "USDT",
        "amount": Decimal(403),
        "difference": Decimal(0),
        "steps": (),
        "terms": {},
        "client_class": "retail",
    }
    return DecisionFacts(kind=kind, **{**stated, **values})


@pytest.mark.parametrize("client_class", ["retail", ""])
@pytest.mark.parametrize("bearers", [["customer"], ["insurance_fund", "customer"], []])
def test_a_protected_customer_owes_nothing(
    client_class: str, bearers: list[str]
) -> None:
    told = decision_meaning(
        facts(
            DecisionKind.DEFICIT,
            client_class=client_class,
            terms={"deficit_to": bearers},
        )
    )

    assert told[-1].startswith("You owe nothing.")


def test_a_professional_owes_only_what_the_terms_say() -> None:
    def last(bearers: list[str]) -> str:
        terms = {"deficit_to": bearers}
        stated = facts(DecisionKind.DEFICIT, client_class="professional", terms=terms)
        return decision_meaning(stated)[-1]

    assert last(["insurance_fund", "adl"]).startswith("You owe nothing.")
    assert last(["insurance_fund", "customer"]).startswith("By the terms you bear only")
    assert last(["customer"]).startswith("By the terms this amount is yours")


def test_a_takeover_names_who_got_the_gain() -> None:
    steps = story_steps([line("takeover", "-1000", "-1000")])
    terms = {"takeover_at_bankruptcy": True, "takeover_surplus_to": "venue"}

    told = decision_meaning(facts(DecisionKind.NOT_OWED, steps=steps, terms=terms))

    assert "1000 USDT went with it" in told[0]
    assert "the venue itself keeps the gain" in told[1]


@pytest.mark.parametrize(
    ("difference", "words"), [("0", "exactly"), ("1", "more than"), ("-1", "within")]
)
def test_nothing_owed_says_how_far_it_ties(difference: str, words: str) -> None:
    told = decision_meaning(
        facts(DecisionKind.NOT_OWED, difference=Decimal(difference))
    )

    assert words in told[0]


def test_headlines_name_the_amount() -> None:
    assert decision_headline(facts(DecisionKind.OWED)) == "We owe you 403 USDT."
    assert decision_headline(facts(DecisionKind.OWED, is_paid=True)) == (
        "403 USDT was owed to you and is credited."
    )
    partly = facts(DecisionKind.OWED, difference=Decimal(-500))
    assert "a part of the difference" in decision_meaning(partly)[1]
    wholly = facts(DecisionKind.OWED, difference=Decimal(-403))
    assert len(decision_meaning(wholly)) == 1
    assert decision_headline(facts(DecisionKind.DEFICIT)) == (
        "The account ended 403 USDT below zero."
    )
    assert decision_headline(facts(DecisionKind.NOT_OWED)) == (
        "Nothing is owed to you in USDT."
    )


def test_a_fee_inside_a_takeover_is_not_told_as_missing() -> None:
    steps = story_steps(
        [
            line("opening_balance", "2018", "2018"),
            line("takeover", "-2010", "-1009"),
            line("trading_fee", "-8", "0"),
            line("takeover", "0", "-1009"),
        ]
    )
    assert [step.label for step in steps] == ["opening_balance", "takeover"]
    assert story_sentences(steps, "USDT")[1:] == (
        "The venue took the position over, and with it 2018 USDT.",
        "That leaves 0 USDT, as it should be.",
    )


def test_a_fee_booked_beside_a_takeover_is_told() -> None:
    steps = story_steps(
        [line("takeover", "-10", "-10"), line("trading_fee", "-1", "-1")]
    )
    assert [step.label for step in steps] == ["takeover", "trading_fee"]
