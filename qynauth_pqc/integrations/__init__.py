"""Keys, batches and metrics for other libraries: a module for each, in the extra of the library that it needs."""

__all__: list[str] = []
