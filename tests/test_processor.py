"""A processor that cannot run the extension is refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openbell import _check_processor as check

if TYPE_CHECKING:
    from pathlib import Path

DESCRIBED = "processor\t: 0\nmodel name\t: Common KVM processor\nflags\t\t: fpu sse2 {} syscall\nbugs\t\t:\n"


@pytest.mark.parametrize(
    ("flags", "missing"),
    [("avx2 bmi2", "lacks fma. A"), ("avx fma4", "lacks avx2, bmi2, fma. A"), ("", "lacks avx2, bmi2, fma. A")],
)
def test_one_that_lacks_something_is_refused(tmp_path: Path, flags: str, missing: str) -> None:
    (tmp_path / "cpuinfo").write_text(DESCRIBED.format(flags))
    with pytest.raises(ImportError, match="x86-64-v3") as refused:
        check(str(tmp_path / "cpuinfo"))
    assert missing in str(refused.value)


@pytest.mark.parametrize(
    "described", [DESCRIBED.format("avx2 fma bmi2"), "processor\t: 0\nFeatures\t: fp asimd evtstrm\n", ""]
)
def test_one_that_has_all_or_is_another_kind_is_not(tmp_path: Path, described: str) -> None:
    (tmp_path / "cpuinfo").write_text(described)
    check(str(tmp_path / "cpuinfo"))
    check(str(tmp_path / "nothing"))
