//! Nothing: see the folder of each version.
