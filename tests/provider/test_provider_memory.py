"""The provider where the memory runs out, without OpenSSL: the checks are in memory.c."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from programs import run
from provider_programs import MODULE

OPTIONS = ["-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Werror", "-Iprovider", "-rdynamic", "-ldl"]


@pytest.mark.skipif(not MODULE.exists(), reason="this build has no provider")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator of glibc has names of its own")
def test_operations_that_lack_memory_say_so_and_leave_nothing(tmp_path: Path) -> None:
    """Each allocation of each operation fails once; a signature without randomness fails too."""
    program = tmp_path / "memory"
    subprocess.run(["cc", "tests/provider/memory.c", "-o", program, *OPTIONS], cwd=ROOT, check=True)
    done = run(program, MODULE)
    assert (done.code, done.error) == (0, "")
    assert "exchange of X25519MLKEM768: " in done.out
