//! What the tests of this crate iterate over.
#![allow(dead_code, reason = "each test uses some of it")]

use pqc_core::{Algorithm, Engine, KeyOptions, Precompute};

pub(crate) const MLKEM: [Algorithm; 3] = [Algorithm::MlKem512, Algorithm::MlKem768, Algorithm::MlKem1024];
pub(crate) const MLDSA: [Algorithm; 3] = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
pub(crate) const KEMS: [Algorithm; 4] =
    [Algorithm::MlKem512, Algorithm::MlKem768, Algorithm::MlKem1024, Algorithm::XWing];

/// Every engine on every path of this machine, with each of these times of expansion.
pub(crate) fn choices<const N: usize>(forms: [Precompute; N]) -> impl Iterator<Item = KeyOptions> {
    let paths = Engine::ALL.into_iter().flat_map(|engine| engine.paths().map(move |path| (engine, path)));
    paths.flat_map(move |choice| forms.map(|precompute| KeyOptions { precompute, ..choice.into() }))
}

/// Every engine on every path, with the expanded form of a key, where it has two, and without.
pub(crate) fn both_forms() -> impl Iterator<Item = KeyOptions> {
    choices([Precompute::Always, Precompute::Never])
}

/// Every engine on every path, with every time of expansion.
pub(crate) fn all_forms() -> impl Iterator<Item = KeyOptions> {
    choices([Precompute::Always, Precompute::OnSecondUse, Precompute::Never])
}
