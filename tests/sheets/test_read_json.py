import json
from pathlib import Path

import pytest

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Limits, Source, SourceKind


def opened(folder: Path, text: str | bytes, limits: Limits | None = None) -> Source:
    path = folder / "answer.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_source(path, limits=limits or Limits())


def rows(folder: Path, text: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    source = opened(folder, text)
    return source.header, [record.cells for record in source.records()]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"code": -1021, "msg": "no"}', "no_rows"),
        ("[1, 2]", "no_rows"),
        ('{"a": [{"x": 1}], "b": [{"y": 1}]}', "several_tables"),
        ('[{"a": NaN}]', "json_unreadable"),
        ('[{"a": Infinity}]', "json_unreadable"),
        ('[{"a": 1}', "json_unreadable"),
        ('{"a": 1}\n{"a": ', "json_unreadable"),
        ('[{"a": 1, "a": 2}]', "column_twice"),
        ("[" * 100_000, "too_deep"),
        (b'[{"a": "\xe9"}]', "encoding"),
        (json.dumps([{f"k{n}": 1 for n in range(201)}]), "too_many_columns"),
    ],
)
def test_answers_that_are_no_table_are_refused(
    tmp_path: Path, text: str | bytes, code: str
) -> None:
    with pytest.raises(FileRefusedError) as caught:
        opened(tmp_path, text)
    assert caught.value.code == code
    assert caught.value.remedy


def test_limits_hold_for_answers(tmp_path: Path) -> None:
    text = '[{"a": 1}, {"a": 2}]'
    for limits, code in (
        (Limits(rows=1), "too_many_rows"),
        (Limits(json_bytes=5), "too_large"),
    ):
        with pytest.raises(FileRefusedError) as caught:
            opened(tmp_path, text, limits)
        assert caught.value.code == code


def test_numbers_stay_the_text_that_was_sent(tmp_path: Path) -> None:
    text = (
        '[{"id": 1234567890123456789, "x": -0.100, "y": 1e-18, "z": null, "t": true}]'
    )
    assert rows(tmp_path, text) == (
        ("id", "x", "y", "z", "t"),
        [("1234567890123456789", "-0.100", "1e-18", "", "true")],
    )


def test_rows_are_found_inside_an_envelope(tmp_path: Path) -> None:
    text = '{"uid": "7", "error": [], "result": {"next": "n", "list": [{"a": "1"}]}}'
    source = opened(tmp_path, text)
    assert source.kind is SourceKind.JSON
    assert source.preamble == (("uid:7",),)
    assert [record.cells for record in source.records()] == [("1",)]


@pytest.mark.parametrize(
    "ledger", ['{"L1": {"a": 1, "b": 2}, "L2": {"a": 3, "b": 4}}', '{"L1": {"a": 1, "b": 2}}']
)  # fmt: skip
def test_rows_under_their_ids_keep_the_id(tmp_path: Path, ledger: str) -> None:
    header, found = rows(tmp_path, '{"result": {"count": 2, "ledger": ' + ledger + "}}")
    assert header == ("key", "a", "b")
    assert found[0] == ("L1", "1", "2")


def test_inner_objects_become_columns_and_keys_may_be_missing(tmp_path: Path) -> None:
    text = '[{"time": 1, "delta": {"type": "x", "list": [{"c": 1}]}}, {"more": "m"}]'
    assert rows(tmp_path, text) == (
        ("time", "delta.type", "delta.list", "more"),
        [("1", "x", '[{"c":"1"}]', ""), ("", "", "", "m")],
    )


def test_one_row_or_one_answer_a_line(tmp_path: Path) -> None:
    text = '\ufeff{"a": {"b": 1}}\n\n{"a": {"b": 2}}\n[{"a": {"b": 3}}]\n'
    assert rows(tmp_path, text)[1] == [("1",), ("2",), ("3",)]


def test_empty_list_is_refused_since_it_holds_no_rows(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="holds no rows"):
        rows(tmp_path, "[]")


def test_character_no_database_stores_flaws_its_cell(tmp_path: Path) -> None:
    source = opened(tmp_path, '[{"a": "x\\u0000y"}]')
    (record,) = source.records()
    assert record.flaws[0].reason == "holds a NUL character"


FIRST, SECOND = {"id": 1, "sum": "5"}, {"id": 2, "sum": "7"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"rows": [FIRST]}, {"rows": [SECOND]}]),
        json.dumps([{"rows": [FIRST]}, {"rows": []}, {"rows": [SECOND]}]),
        json.dumps([{"ok": True, "data": {"rows": [one]}} for one in (FIRST, SECOND)]),
        json.dumps({"rows": [FIRST]}, indent=2) + json.dumps({"rows": [SECOND]}),
        json.dumps({"rows": [FIRST]}) + ",\n" + json.dumps({"rows": [SECOND]}),
        json.dumps([FIRST], indent=1) + "\n\n" + json.dumps([SECOND], indent=1),
    ],
)
def test_pages_of_one_question_are_read_one_after_another(
    tmp_path: Path, text: str
) -> None:
    assert rows(tmp_path, text) == (("id", "sum"), [("1", "5"), ("2", "7")])


@pytest.mark.parametrize("mark", [",", "\n"])
def test_row_with_a_list_inside_is_no_page(tmp_path: Path, mark: str) -> None:
    row = {"id": 1, "size": 2, "at": 3, "px": 4, "fees": [{"coin": "USDT", "sum": "1"}]}
    text = mark.join(json.dumps(one) for one in (row, {**row, "fees": []}))
    header, found = rows(tmp_path, f"[{text}]" if mark == "," else text)
    assert header == ("id", "size", "at", "px", "fees")
    assert len(found) == 2


def test_rows_without_keys_are_named_by_the_places_of_their_cells(
    tmp_path: Path,
) -> None:
    header, found = rows(tmp_path, '[[7, "USD", null, -0.5], [8, "USD", null, 1e-9]]')
    assert header == ("0", "1", "2", "3")
    assert found == [("7", "USD", "", "-0.5"), ("8", "USD", "", "1e-9")]


def test_second_document_is_refused_by_its_own_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="Line 3, character"):
        opened(tmp_path, '[{"a": 1}]\n[\n{"a": }]')
