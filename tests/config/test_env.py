"""The environment readers refuse what they do not understand."""

from pathlib import Path

import pytest

from config.env import (
    EnvironmentValueError,
    env_bool,
    env_int,
    env_list,
    env_secret,
    env_str,
)

NAME = "DESK_TEST_VALUE"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


@pytest.mark.parametrize("text", ["maybe", "2", "truee", "t r u e"])
def test_unknown_word_for_yes_or_no_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(EnvironmentValueError, match=f"{NAME}.*true or false"):
        env_bool(NAME, default=False)


@pytest.mark.parametrize("text", ["1.5", "1_000", "0x10", "\u0661", "--1", "-", "1e3"])
def test_text_that_is_no_whole_number_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(EnvironmentValueError, match=f"{NAME}.*a whole number"):
        env_int(NAME, 1)


@pytest.mark.parametrize("text", ["a,,b", ",a", "a,", " , "])
def test_empty_place_in_a_list_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(EnvironmentValueError, match=NAME):
        env_list(NAME)


def test_refusal_does_not_repeat_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "hunter2")
    with pytest.raises(EnvironmentValueError) as refusal:
        env_int(NAME, 1)
    assert "hunter2" not in str(refusal.value)


def test_secret_given_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "one")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "two"))
    with pytest.raises(EnvironmentValueError, match="not both"):
        env_secret(NAME)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xff"])
def test_secret_file_without_a_secret_is_refused(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    with pytest.raises(EnvironmentValueError, match=f"{NAME}_FILE"):
        env_secret(NAME)


def test_unset_and_empty_mean_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for prepare in (lambda: None, lambda: monkeypatch.setenv(NAME, "  ")):
        prepare()
        assert env_bool(NAME, default=True) is True
        assert env_int(NAME, 7) == 7
        assert env_str(NAME, "seven") == "seven"
        assert env_list(NAME, ["a"]) == ("a",)
        assert env_secret(NAME) is None


def test_understood_values_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, " On ")
    assert env_bool(NAME, default=False) is True
    monkeypatch.setenv(NAME, "no")
    assert env_bool(NAME, default=True) is False
    monkeypatch.setenv(NAME, "-12")
    assert env_int(NAME, 0) == -12
    monkeypatch.setenv(NAME, "a, b")
    assert env_list(NAME) == ("a", "b")
    assert env_str(NAME) == "a, b"
    assert env_secret(NAME) == "a, b"
    monkeypatch.delenv(NAME)
    (tmp_path / "secret").write_text("hidden\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env_secret(NAME) == "hidden"
