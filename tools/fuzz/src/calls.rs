//! Calls of every exported function.

use crate::arguments::Arguments;
use crate::keys::Keys;
use crate::{batch_calls, batch_into_calls, ffi_calls, mldsa_calls, mlkem_calls, mu_calls, overlap_calls, xwing_calls};
use libfuzzer_sys::arbitrary::Unstructured;
use pqc_ffi::status::PqcStatus;

/// An exported function and one call of it, with what its success promises.
pub(crate) struct Function(pub(crate) &'static str, pub(crate) Call);

type Call = fn(&Keys, &mut Arguments<'_>) -> Result<(), PqcStatus>;

/// Enough for a call to find what another one left behind.
const MOST_CALLS: usize = 4;

/// Calls exported functions, and checks the status and the outputs of each call.
pub fn calls(data: &[u8]) {
    let mut source = Unstructured::new(data);
    for _ in 0..MOST_CALLS {
        let Ok([function, keys]) = source.arbitrary::<[u8; 2]>() else { return };
        let Function(name, call) = pick(usize::from(function));
        let keys = Keys::get(usize::from(keys / 2), usize::from(keys));
        let mut arguments = Arguments::new(source);
        let outcome = call(keys, &mut arguments);
        arguments.check(name, outcome);
        source = arguments.into_source();
    }
}

fn pick(number: usize) -> &'static Function {
    let families = [mlkem_calls::FUNCTIONS, mldsa_calls::FUNCTIONS, ffi_calls::FUNCTIONS, xwing_calls::FUNCTIONS];
    let batches = [batch_calls::FUNCTIONS, mu_calls::FUNCTIONS, batch_into_calls::FUNCTIONS, overlap_calls::FUNCTIONS];
    let all = families.into_iter().chain(batches);
    let count: usize = all.clone().map(<[_]>::len).sum();
    let mut functions = all.flatten();
    functions.nth(number % count).unwrap_or(&ffi_calls::FUNCTIONS[0])
}
