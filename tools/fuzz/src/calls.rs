//! Calls of every exported function, by the table of the FFI tests.

use crate::common::bytes::Choices;
use crate::common::call::Mode;
use crate::common::functions::FUNCTIONS;
use crate::common::memory::Placing;
use crate::fixtures;

/// Enough calls for one to find leftovers of another.
const MOST_CALLS: usize = 4;
const CHOICES: usize = 600;

/// Calls exported functions, and checks each call. A few calls have right arguments, and their outputs anywhere in one memory.
pub fn calls(data: &[u8]) {
    let mut choices = Choices(data);
    for _ in 0..MOST_CALLS {
        let &[function, fixture, how] = choices.take(3) else { return };
        let function = &FUNCTIONS[usize::from(function) % FUNCTIONS.len()];
        let known: Vec<_> = fixtures().iter().filter(|fixture| function.is_for(fixture)).collect();
        let fixture = known[usize::from(fixture) % known.len()];
        let of_call = Choices(choices.take(CHOICES));
        let mode = if how < 0x20 { Mode::Placed(Placing::Anywhere(of_call)) } else { Mode::Any(of_call) };
        drop(function.call(fixture, mode, how % 2 == 1));
    }
}
