"""Snapshots of the counts of the library, and reports made from them.

Programs use `qynauth_pqc.ffi_performance_monitor`, `qynauth_pqc.metrics.shared`, and in `qynauth_pqc.integrations`
`prometheus` and `opentelemetry`.
"""

__all__: list[str] = []
