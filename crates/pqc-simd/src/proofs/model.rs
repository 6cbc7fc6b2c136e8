//! A model of the instructions, with the names of [`crate::arch`].
