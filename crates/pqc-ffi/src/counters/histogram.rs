//! The buckets that count times: 16 for each power of two.

/// Buckets of a histogram for each power of two: half the width of a bucket is at most 1/32 of the value.
const STEPS: u64 = 16;
/// Exponent of the last power of two with its own buckets: 2^36 ns are 69 s.
const LAST_EXPONENT: u32 = 35;
pub(crate) const BUCKETS: usize = 528;

const _: () = assert!(bucket_of(u64::MAX) == BUCKETS - 1 && lower_bound(BUCKETS - 1) < 1 << (LAST_EXPONENT + 1));

/// The bucket that counts a time in nanoseconds.
#[allow(clippy::cast_possible_truncation, reason = "the result is below BUCKETS")]
pub(super) const fn bucket_of(ns: u64) -> usize {
    if ns < STEPS {
        return ns as usize;
    }
    let exponent = 63 - ns.leading_zeros();
    if exponent > LAST_EXPONENT {
        return BUCKETS - 1;
    }
    let step = (ns >> (exponent - 4)) % STEPS;
    ((exponent - 3) as u64 * STEPS + step) as usize
}

/// The least time in nanoseconds that a bucket counts.
pub(crate) const fn lower_bound(bucket: usize) -> u64 {
    let (power, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    if power == 0 { step } else { (STEPS + step) << (power - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_within_the_bounds_of_its_bucket() {
        let powers = (0..64).map(|exponent| 1_u64 << exponent);
        let near = powers.flat_map(|power| [power - 1, power, power + 1, power + power / 3, power + power / 16 * 15]);
        for ns in near.chain(0..5000).chain([u64::MAX]) {
            let bucket = bucket_of(ns);
            assert!(lower_bound(bucket) <= ns, "{ns}");
            assert!(bucket == BUCKETS - 1 || ns < lower_bound(bucket + 1), "{ns}");
        }
    }

    #[test]
    fn buckets_are_narrow_enough_for_an_error_of_five_per_cent() {
        for bucket in 0..BUCKETS - 1 {
            let (lower, next) = (lower_bound(bucket), lower_bound(bucket + 1));
            let middle = (lower + next - 1) / 2;
            assert!((middle - lower).max(next - 1 - middle) * 20 <= lower, "{bucket}");
        }
    }
}
