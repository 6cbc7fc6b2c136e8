"""The FIPS module of this build: only the variant qynauth-pqc-fips has one."""

from __future__ import annotations

from qynauth_pqc.native import check, ffi, lib

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import TypedDict

    class FipsStatus(TypedDict):
        """The FIPS module of this build, as it was loaded by this process."""

        module: str
        version: str
        certificate: str
        certificate_environments: str
        environment: str
        approved_mode: bool
        integrity_test: bool
        self_tests: bool


__all__ = ["fips_status"]


def fips_status() -> FipsStatus | None:
    """Return the FIPS module of this build, or None in a build without one.

    The integrity test and the self tests of the module are run again, which takes some milliseconds. A failure ends the
    process, as it does when the module is loaded.

    Returns:
        - `module`, `version`: the name, and the version as the module reports it.
        - `certificate`: the number of the certificate of this version, or "none" and the version that is in process.
        - `certificate_environments`: the operating environments that the certificate names, or "none".
        - `environment`: the system and the machine of this process.
        - `approved_mode`, `integrity_test`, `self_tests`: whether the module is in its approved mode, found its code
          unchanged, and computed its known answers.

    >>> from qynauth_pqc import fips_status
    >>> fips_status() is None  # the default build has no module
    True
    """
    out = ffi.new("PqcFipsStatus *")
    check(lib.ffi_fips_status(out, ffi.sizeof("PqcFipsStatus")))
    if not out.module:
        return None
    import platform  # few programs need it

    def text(string: object) -> str:
        return ffi.string(string).decode("ascii")  # type: ignore[no-any-return]

    return {
        "module": text(out.module),
        "version": text(out.version),
        "certificate": text(out.certificate),
        "certificate_environments": text(out.environments),
        "environment": platform.platform(),
        "approved_mode": bool(out.is_approved_mode),
        "integrity_test": bool(out.integrity_test),
        "self_tests": bool(out.self_tests),
    }
