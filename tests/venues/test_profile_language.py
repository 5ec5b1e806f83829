"""What a profile may say beyond columns: every way once, every mistake refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.open_source import open_source
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import profile_from_text
from recovery.venues.node import ProfileError
from recovery.venues.outcomes import Outcome
from recovery.venues.recognition import recognise
from recovery.venues.stated import zone_label
from recovery.venues.time_forms import day_order, form_problem, forms_fitting

START = """
[venue]
code = "v"
name = "V"
[operations.ops]
plain = { role = "PNL" }
up = { role = "INS", positive_marker = "cover", positive_role = "CREDIT" }
"/^roll/" = { role = "INT", fee_is_own = true }
[[layouts]]
code = "log"
generation = "1"
kind = "ledger"
order = "newest_first"
required = ["when", "what", "coin", "sum", "fee", "unit"]
time = { column = "when", forms = ["calendar"], zone = "UTC" }
operations = "ops"
cost_signs = { fee = "positive" }
"""
FIELDS = (
    'fields = { asset = "coin", amount = "sum", operation = "what", fee = "fee" }\n'
)


def derived(**said: str) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in said.items())
    return f"[[layouts.derived]]\n{lines}\n"


def read(folder: Path, profile: str, row: str) -> Outcome:
    path = folder / "f.csv"
    path.write_text(f"when,what,coin,sum,fee,unit\n{row}\n", encoding="utf-8")
    source = open_source(path)
    found = recognise(source, profiles=[profile_from_text("v.toml", profile)])
    (outcome,) = Interpreter(found, account="7").interpret_all(source.records())
    return outcome


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (derived(name='"x"', how='"poem"'), "how"),
        (derived(name='"x"', how='"join"'), "columns"),
        (derived(name='"x"', how='"sum"'), "terms"),
        (derived(name='"x"', how='"sum"', terms='["sum"]'), "terms"),
        (derived(name='"x"', how='"stated"', text='"mood"'), "text"),
        (
            derived(
                name='"x"', how='"scaled"', columns='["sum", "unit"]',
                words='{ a = "many" }',
            ),
            "words",
        ),
        (derived(name='"x"', how='"match"', columns='["what"]', patterns='["("]'), "patterns"),
        (derived(name='"x"', how='"match"', columns='["what"]', patterns='["a"]'), "patterns"),
        (derived(name='"x"', how='"match"', columns='["what"]', patterns='["(a) => b"]'), "patterns"),
        (derived(name='"x"', how='"join"', columns='["nowhere"]'), "derived"),
        ('aliases = { nowhere = ["x"] }\n', "aliases"),
        ('shapes = { when = "(" }\n', "shapes"),
        ('file_name = "("\n', "file_name"),
    ],
)  # fmt: skip
def test_mistake_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile_from_text("v.toml", START + FIELDS + text)
    assert where in caught.value.where


def test_pattern_of_a_row_type_must_be_one() -> None:
    with pytest.raises(ProfileError, match="pattern"):
        profile_from_text("v.toml", START.replace("/^roll/", "/(/") + FIELDS)


def test_layout_like_none_is_refused() -> None:
    with pytest.raises(ProfileError, match="no layout"):
        profile_from_text("v.toml", START + FIELDS + '[[layouts]]\nlike = "log 9"\n')


@pytest.mark.parametrize(
    ("what", "amount", "role", "marker"),
    [
        ("PLAIN", "1", "PNL", ""),
        ("up", "1", "CREDIT", "cover"),
        ("up", "-1", "INS", ""),
        ("Rolled over", "-1", "INT", ""),
        ("other", "1", "UNKNOWN", ""),
    ],
)
def test_row_type_gives_role_and_marker(
    tmp_path: Path, what: str, amount: str, role: str, marker: str
) -> None:
    line = read(tmp_path, START + FIELDS, f"2026-01-01 00:00:00,{what},X,{amount},0,")
    assert isinstance(line, LedgerLine)
    assert (line.role, line.marker) == (role, marker)


def amount_of(folder: Path, text: str, cells: str) -> Decimal | str:
    """The amount a derived column makes, or why the row is refused."""
    fields = FIELDS.replace('"sum"', '"made"')
    found = read(folder, START + fields + text, f"2026-01-01 00:00:00,plain,X,{cells}")
    if isinstance(found, RowProblem):
        return found.reason
    assert isinstance(found, LedgerLine)
    return found.amount


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        ("5,0,in", Decimal(5)),
        ("5,0,out", Decimal(-5)),
        ("5,0,nothing", Decimal(0)),
        ("5,0,sideways", "does not tell the sign"),
        (",0,in", "not a decimal number"),
        ("x,0,in", "not a decimal number"),
    ],
)
def test_sign_of_another_column(
    tmp_path: Path, cells: str, made: Decimal | str
) -> None:
    text = derived(
        name='"made"', how='"signed"', columns='["sum", "unit"]',
        words='{ in = "positive", out = "negative", nothing = "none" }',
    )  # fmt: skip
    assert amount_of(tmp_path, text, cells) == made


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        ("150,0,sat", Decimal("0.0000015")),
        ("150,0,cent", Decimal("1.5")),
        ("123456789012345678901234567890,0,sat", Decimal("1234567890123456789012.3456789")),
        ("1,0,stone", "has no known smallest unit"),
        (",0,sat", "not a decimal number"),
    ],
)  # fmt: skip
def test_amounts_in_smallest_units(
    tmp_path: Path, cells: str, made: Decimal | str
) -> None:
    text = derived(
        name='"made"', how='"scaled"', columns='["sum", "unit"]',
        words='{ sat = "8", cent = "2" }',
    )  # fmt: skip
    found = amount_of(tmp_path, text, cells)
    if isinstance(made, Decimal) and made > Decimal(10) ** 20:
        assert found == "is larger than the desk can hold"
    else:
        assert found == made


def test_first_filled_and_same(tmp_path: Path) -> None:
    text = derived(name='"chosen"', how='"first"', columns='["unit", "sum"]') + derived(
        name='"made"', how='"match"', columns='["chosen"]', patterns="['(.*)']"
    )
    assert amount_of(tmp_path, text, "5,0,") == Decimal(5)
    assert amount_of(tmp_path, text, "5,0,7") == Decimal(7)
    text = derived(
        name='"made"', how='"same"', columns='["sum", "unit"]',
        words='{ same = "1", other = "2", none = "3" }',
    )  # fmt: skip
    assert amount_of(tmp_path, text, "a,0,A") == Decimal(1)
    assert amount_of(tmp_path, text, "a,0,b") == Decimal(2)
    assert amount_of(tmp_path, text, "a,0,") == Decimal(3)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("UTC+8", "+08:00"), ("+7", "+07:00"), ("GMT-05:30", "-05:30"),
        ("UTC", "UTC"), ("UTC+0", "UTC"), ("Europe/Berlin", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_zones_are_written_in_one_way(text: str, label: str) -> None:
    assert zone_label(text) == label


def test_forms_of_times_are_known_or_refused() -> None:
    assert form_problem("calendar") == ""
    assert form_problem("%d/%m/%Y") == ""
    assert "%Q" in form_problem("%Q")
    assert form_problem("someday")


def test_order_of_day_and_month() -> None:
    assert day_order("%d/%m/%Y") == "day"
    assert day_order("%m/%d/%Y") == "month"
    assert day_order("%Y-%m-%d") == day_order("%d %b %Y") == day_order("calendar") == ""


def test_rows_tell_the_order_or_leave_it_open() -> None:
    both = ("%d/%m/%Y", "%m/%d/%Y", "calendar")
    assert forms_fitting(both, ["03/04/2026", "13/04/2026"]) == (both[0], both[2])
    assert forms_fitting(both, ["03/04/2026"]) == both
    assert forms_fitting(both, ["04/13/2026", "13/04/2026"]) == (both[1], both[2])
    assert forms_fitting(both, ["2026-04-13 00:00:00"]) == both
    assert forms_fitting(both[:1], ["nonsense"]) == both[:1]
