"""Calendars on disk: the same as those worked out, and nothing lost where there are none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from openbell.clock import cached
from openbell.clock.exchange import ExchangeCalendar, load_calendar, unknown_exchange

if TYPE_CHECKING:
    from pathlib import Path

load = load_calendar.__wrapped__


def same(one: ExchangeCalendar, other: ExchangeCalendar) -> bool:
    """Whether two calendars are equal, types included."""
    for field in dataclasses.fields(ExchangeCalendar):
        a: Any
        b: Any
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            if a.dtype != b.dtype or not np.array_equal(a, b):
                return False
        elif a != b:
            return False
    return True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cached.VARIABLE, str(tmp_path / "new"))
    return tmp_path / "new"


@pytest.mark.parametrize("name", ["XNYS", "XHKG", "24/7"])
def test_a_calendar_is_read_as_it_was_worked_out(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    made = load(name)
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr("openbell.clock.exchange._worked_out", lambda _: pytest.fail("it was worked out again"))
    assert same(load(name), made)
    assert unknown_exchange(name) is None


@pytest.mark.parametrize("harm", [b"", b"nonsense", b"{}\n", b'{"key": [], "zone": "UTC", "columns": 7, "rows": 0}\n'])
def test_what_is_broken_is_made_anew(folder: Path, harm: bytes) -> None:
    made = load("XNYS")
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for content in (harm, whole[:-8], whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert cached.read("XNYS") is None
        assert same(load("XNYS"), made)
        assert path.read_bytes() == whole


def test_it_is_made_anew_when_what_it_depends_on_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load("XNYS")
    assert cached.read("XNYS") is not None
    monkeypatch.setattr(cached, "_key", lambda _: ["another month"])
    assert cached.read("XNYS") is None
    assert folder.exists()


def test_none_is_kept_where_that_is_not_wanted_or_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cached.VARIABLE, "")
    assert cached.folder() is None
    load("XNYS")
    assert cached.read("XNYS") is None
    # A file stands where the folder would be.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cached.VARIABLE, str(tmp_path / "file"))
    assert len(load("XNYS").date) > 5_000
    assert cached.read("XNYS") is None


def test_no_half_a_calendar_stays_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    assert len(load("XNYS").date) > 5_000
    assert list(folder.iterdir()) == []
