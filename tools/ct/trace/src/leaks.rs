//! Functions that leak deliberately: a check that does not report them is worthless.

use crate::compare::Comparison;
use core::hint::black_box;

/// Fails unless each leak is reported, and in its own function.
pub(crate) fn check(comparison: &mut Comparison<'_>) -> Result<(), String> {
    for (name, leak) in [("leaky_branch", leaky_branch as fn(u8) -> u8), ("leaky_table", leaky_table)] {
        match comparison.compare(&[0, 1, 255], &mut |secret| _ = black_box(leak(black_box(*secret))), &[]) {
            Err(report) if report.contains(name) => {}
            Err(report) => return Err(format!("{name} was reported for another reason: {report}")),
            Ok(_) => return Err(format!("{name} was not reported")),
        }
    }
    Ok(())
}

/// The secret decides which instructions are executed.
#[inline(never)]
fn leaky_branch(secret: u8) -> u8 {
    if secret & 1 == 0 { black_box(1) } else { black_box(2_u8).wrapping_add(black_box(3)) }
}

/// The secret decides which byte is read, within one cache line or across two.
#[inline(never)]
fn leaky_table(secret: u8) -> u8 {
    black_box(&[7; 256])[usize::from(secret)]
}
