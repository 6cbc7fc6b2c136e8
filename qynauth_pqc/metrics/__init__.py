"""Snapshots of what the library counts, and reports made from them.

`qynauth_pqc.ffi_performance_monitor`, `qynauth_pqc.prometheus` and `qynauth_pqc.opentelemetry` are what programs use.
"""

__all__: list[str] = []
