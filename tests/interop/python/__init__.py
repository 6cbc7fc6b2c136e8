"""The peers in Python. Each runs with what it speaks for: see install.py."""
