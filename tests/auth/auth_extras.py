"""The modules of this package that need packages of an extra."""

from __future__ import annotations

NEEDS = [
    ("auth.prometheus", "prometheus_client", "prometheus-client"),
    ("auth.opentelemetry", "opentelemetry", "opentelemetry-api"),
    ("auth.starlette", "starlette", "starlette"),
    ("auth.fastapi", "fastapi", "fastapi"),
    ("auth.fastapi", "starlette", "fastapi"),
    ("auth.flask", "flask", "flask"),
    ("auth.django", "django", "django"),
    ("auth.keyring", "cryptography", "cryptography"),
    ("auth.cbom", "cyclonedx", "cyclonedx-python-lib"),
]
"""Each module, a package that it imports, and the name that pip knows."""
