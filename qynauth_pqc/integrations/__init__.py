"""Keys, batches and metrics for other libraries: a module for each library, with its extra."""

__all__: list[str] = []
