"""Tests this library against independent implementations, cell by cell.

`python -m interop` (with `tests` on the path) runs it; docs/results/interop.md has the results.
"""
