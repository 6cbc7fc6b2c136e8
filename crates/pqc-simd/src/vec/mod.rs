//! Vectors: what the algorithms need of them, and the backends that have it.
