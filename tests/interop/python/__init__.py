"""The peers in Python. Each runs in the environment of its implementation: see install.py."""
