//! Bits that flip while a signature is made: no signature is released that signs values other than a run without
//! faults.
//!
//! The hash functions of a backend are wrapped: at one of their calls, a bit of an argument or of a result is flipped, once, or in
//! every call until the memory is filled again. All memory of signing passes through these calls: seeds, addresses and their indices,
//! nodes, digests, and the bytes of the signature.
#![allow(unsafe_code, reason = "memory is seen as bytes")]

use super::key_of;
use crate::backend::Backend;
use crate::slhdsa::address::Address;
use crate::slhdsa::divided::Task;
use crate::slhdsa::family::{Extent, Family, MAX_LANES};
use crate::slhdsa::signing::{Request, is_without_fault, sign_on, sign_once};
use crate::slhdsa::{Fault as Refusal, ParameterSet, divided, verify, with_family, wots};
use std::cell::Cell;

/// A fault: the call, which of its objects, the bit, and whether the bit stays flipped.
#[derive(Clone, Copy, Debug, Default)]
struct Fault {
    call: u64,
    object: u64,
    bit: u64,
    stays: bool,
}

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
    /// The bit of the keys that stays flipped until they are made again.
    static KEYS: Cell<Option<u64>> = const { Cell::new(None) };
    /// The number of digests until the message changes.
    static CHANGE: Cell<Option<u64>> = const { Cell::new(None) };
    /// Whether the fault was in a digest.
    static IN_DIGEST: Cell<bool> = const { Cell::new(false) };
}

/// Counts a call. If this call has the fault, returns it, and which of the `objects` objects has it.
fn fault(objects: u64) -> Option<(u64, Fault)> {
    CALLS.set(CALLS.get() + 1);
    let fault = FAULT.get()?;
    (CALLS.get() == fault.call).then(|| (fault.object % objects, fault))
}

/// Flips a bit of a value that consists of integers.
fn flip<T: ?Sized>(value: &mut T, bit: u64) {
    // SAFETY: integers without padding, or parts of them: any bytes are valid.
    let bytes = unsafe { std::slice::from_raw_parts_mut(std::ptr::from_mut(value).cast::<u8>(), size_of_val(value)) };
    if !bytes.is_empty() {
        let bit = bit as usize % (8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// A family with calls that may have a fault.
#[derive(Clone, Copy)]
struct Faulty<F>(F);

impl<F: Family> Faulty<F> {
    /// The keys as a call finds them.
    fn keys_now(keys: &F::Keys, fault: Option<(u64, Fault)>) -> F::Keys {
        let mut keys = keys.clone();
        if let Some((0, Fault { bit, stays, .. })) = fault {
            flip(&mut keys, bit);
            KEYS.set(stays.then_some(bit));
        } else if let Some(bit) = KEYS.get() {
            flip(&mut keys, bit);
        }
        keys
    }
}

/// A copy of an argument, with a bit flipped if it is the object of the fault.
fn argument<T: Copy>(value: &T, object: u64, fault: Option<(u64, Fault)>) -> T {
    let mut value = *value;
    result(&mut value, object, fault);
    value
}

/// Flips a bit of a result, if it is the object of the fault.
fn result<T: ?Sized>(value: &mut T, object: u64, fault: Option<(u64, Fault)>) {
    if let Some((hit, Fault { bit, .. })) = fault
        && hit == object
    {
        flip(value, bit);
    }
}

impl<F: Family> Family for Faulty<F> {
    const LANES: usize = F::LANES;
    type Word = F::Word;
    type Row = F::Row;
    type Node = F::Node;
    type Addresses = F::Addresses;
    type Keys = F::Keys;
    type Start = F::Start;
    type Rows = F::Rows;
    const ZERO_NODE: F::Node = F::ZERO_NODE;
    const ZERO_ADDRESSES: F::Addresses = F::ZERO_ADDRESSES;

    fn n(self) -> usize {
        self.0.n()
    }
    fn wastes_half(self) -> bool {
        self.0.wastes_half()
    }
    fn read(bytes: &[u8]) -> F::Word {
        F::read(bytes)
    }
    fn write(word: F::Word, bytes: &mut [u8]) {
        F::write(word, bytes);
    }
    fn set_address(addresses: &mut F::Addresses, lane: usize, address: &Address) {
        F::set_address(addresses, lane, address);
        result(addresses, 0, fault(1));
    }
    fn set_key_pair(addresses: &mut F::Addresses, lane: usize, key_pair: u32) {
        F::set_key_pair(addresses, lane, key_pair);
        result(addresses, 0, fault(1));
    }
    fn set_position(addresses: &mut F::Addresses, lane: usize, height: u32, index: u32) {
        F::set_position(addresses, lane, height, index);
        result(addresses, 0, fault(1));
    }
    fn set_positions(addresses: &mut F::Addresses, height: u32, indices: &[u32; MAX_LANES]) {
        let fault = fault(2);
        F::set_positions(addresses, height, &argument(indices, 1, fault));
        result(addresses, 0, fault);
    }
    fn advance(addresses: &mut F::Addresses, steps: u32) {
        F::advance(addresses, steps);
        result(addresses, 0, fault(1));
    }
    fn keys(self, seed: &[u8]) -> F::Keys {
        KEYS.set(None);
        let mut keys = self.0.keys(seed);
        result(&mut keys, 0, fault(1));
        keys
    }
    fn set_key(keys: &mut F::Keys, lane: usize, from: &F::Keys, from_lane: usize) {
        F::set_key(keys, lane, from, from_lane);
    }
    fn start(self, keys: &F::Keys, addresses: &F::Addresses, used: usize) -> F::Start {
        let fault = fault(3);
        let mut start = self.0.start(&Self::keys_now(keys, fault), &argument(addresses, 1, fault), used);
        result(&mut start, 2, fault);
        start
    }
    fn chain(
        self,
        keys: &F::Keys,
        start: &F::Start,
        addresses: &F::Addresses,
        node: &mut F::Node,
        extent: Extent,
        all: &mut [F::Node],
    ) {
        let fault = fault(6);
        let (keys, start, addresses) =
            (Self::keys_now(keys, fault), argument(start, 1, fault), argument(addresses, 2, fault));
        result(node, 3, fault);
        self.0.chain(&keys, &start, &addresses, node, extent, all);
        result(node, 4, fault);
        result(all, 5, fault);
    }
    fn pair(
        self,
        keys: &F::Keys,
        addresses: &F::Addresses,
        left: &F::Node,
        right: &F::Node,
        out: &mut F::Node,
        used: usize,
    ) {
        let fault = fault(5);
        let (keys, addresses) = (Self::keys_now(keys, fault), argument(addresses, 1, fault));
        self.0.pair(&keys, &addresses, &argument(left, 2, fault), &argument(right, 3, fault), out, used);
        result(out, 4, fault);
    }
    fn zero_rows() -> F::Rows {
        F::zero_rows()
    }
    fn node_rows(self, rows: &mut F::Rows, node: usize) -> &mut [F::Row] {
        self.0.node_rows(rows, node)
    }
    fn compress(
        self,
        keys: &F::Keys,
        addresses: &F::Addresses,
        rows: &mut F::Rows,
        nodes: usize,
        out: &mut F::Node,
        used: usize,
    ) {
        let fault = fault(4);
        let (keys, addresses) = (Self::keys_now(keys, fault), argument(addresses, 1, fault));
        result(rows.as_mut(), 2, fault);
        self.0.compress(&keys, &addresses, rows, nodes, out, used);
        result(out, 3, fault);
    }
    fn prf_message(self, sk_prf: &[u8], opt_rand: &[u8], message: &[&[u8]], out: &mut [u8]) {
        self.0.prf_message(sk_prf, opt_rand, message, out);
        result(out, 0, fault(1));
    }
    fn hash_message(self, r: &[u8], public_key: &[u8], message: &[&[u8]], out: &mut [u8]) {
        let (left, fault) = (CHANGE.get(), fault(1));
        CHANGE.set(left.map(|left| left.saturating_sub(1)));
        IN_DIGEST.set(IN_DIGEST.get() || fault.is_some());
        let another = [&b"another"[..]];
        self.0.hash_message(r, public_key, if left == Some(0) { &another } else { message }, out);
        result(out, 0, fault);
    }
    fn get(node: &F::Node, lane: usize, out: &mut [u8]) {
        F::get(node, lane, out);
        result(out, 0, fault(1));
    }
    fn set(rows: &mut [F::Row], lane: usize, bytes: &[u8]) {
        F::set(rows, lane, bytes);
        result(rows, 0, fault(1));
    }
    fn copy(self, from: &F::Node, lane: usize, to: &mut [F::Row], to_lane: usize) {
        self.0.copy(from, lane, to, to_lane);
        result(to, 0, fault(1));
    }
}

/// Pseudorandom numbers, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The outcomes of the signatures with a fault.
#[derive(Debug, Default)]
struct Outcomes {
    released: u64,
    refused: u64,
    /// Signatures that verify, made without the check, and sign a wrong value.
    grafts: u64,
}

/// How a signature is made.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    Whole,
    InTasks,
    /// With the leaves of the highest tree, in which a bit is flipped instead if it stays.
    WithKeptLeaves,
    WithoutCheck,
}

/// Makes signatures, each with one fault, and checks those that are released: `count` have it in a call. Those with a
/// bit flipped in the kept leaves come on top, since they are healed, never refused.
fn with_faults<F: Family>(f: F, set: ParameterSet, count: u64, seed: u64, method: Method) -> Outcomes {
    let (numbers, key, message) = (set.numbers(), key_of(set, 21), [&b"a message"[..]]);
    let (faulty, request) =
        (Faulty(f), Request { numbers, key: &key, top_leaves: None, message: &message, opt_rand: None });
    let mut kept = vec![0; numbers.n << numbers.height];
    wots::top_leaves(f, &numbers, &request.secret(f), &mut kept);
    let is_in_leaves = |fault: &Fault| fault.stays && method == Method::WithKeptLeaves;
    let run = |fault: Option<Fault>, signature: &mut Vec<u8>| {
        let (in_leaves, mut leaves) = (fault.filter(is_in_leaves), kept.clone());
        in_leaves.into_iter().for_each(|fault| flip(&mut leaves[..], fault.bit));
        CALLS.set(0);
        KEYS.set(None);
        FAULT.set(fault.filter(|_| in_leaves.is_none()));
        let outcome = match method {
            Method::Whole => sign_on(faulty, &request, true, signature),
            Method::InTasks => divided::sign_on(faulty, &request, true, signature, |tasks| {
                tasks.for_each(|task| task.run_on(faulty));
            }),
            Method::WithKeptLeaves => {
                let outcome = sign_on(faulty, &Request { top_leaves: Some(&leaves), ..request }, true, signature);
                assert!(in_leaves.is_none() || outcome.is_ok(), "a flipped bit in the leaves is not healed");
                outcome
            }
            Method::WithoutCheck => sign_on(faulty, &request, false, signature),
        };
        FAULT.set(None);
        KEYS.set(None);
        outcome.is_ok()
    };
    let mut expected = vec![0; set.signature_bytes()];
    assert!(run(None, &mut expected));
    let (calls, mut random, mut outcomes, mut in_calls) = (CALLS.get(), Random(seed), Outcomes::default(), 0);
    let mut signature = vec![0; set.signature_bytes()];
    while in_calls < count {
        let (object, bit) = (random.next() >> 32, random.next() >> 32);
        let fault = Fault { call: 1 + random.next() % calls, object, bit, stays: random.next() % 2 == 0 };
        in_calls += u64::from(!is_in_leaves(&fault));
        if !run(Some(fault), &mut signature) {
            outcomes.refused += 1;
            continue;
        }
        outcomes.released += 1;
        let is_right = is_released_right(f, set, &request, &signature, &expected);
        if method != Method::WithoutCheck {
            assert!(is_right, "{set:?}: {fault:?} is not found");
        } else if !is_right && verify(Backend::best(), set, &key[2 * numbers.n..], &message, &signature) {
            outcomes.grafts += 1;
        }
    }
    outcomes
}

/// Signs a message that changes before its second digest, with a fault in some signatures, and one that does not change.
fn with_changes<F: Family>(f: F, set: ParameterSet, count: u64, in_tasks: bool) {
    let (numbers, key, message) = (set.numbers(), key_of(set, 21), [&b"a message"[..]]);
    let (faulty, request) =
        (Faulty(f), Request { numbers, key: &key, top_leaves: None, message: &message, opt_rand: None });
    let run = |fault: Option<Fault>, change: Option<u64>, signature: &mut Vec<u8>| {
        let tasks = |tasks: &mut (dyn Iterator<Item = Task<'_>> + Send)| tasks.for_each(|task| task.run_on(faulty));
        CALLS.set(0);
        KEYS.set(None);
        IN_DIGEST.set(false);
        FAULT.set(fault);
        CHANGE.set(change);
        let outcome = if in_tasks {
            divided::sign_on(faulty, &request, true, signature, tasks)
        } else {
            sign_on(faulty, &request, true, signature)
        };
        FAULT.set(None);
        KEYS.set(None);
        CHANGE.set(None);
        outcome
    };
    let (mut expected, mut signature) = (vec![0; set.signature_bytes()], vec![0; set.signature_bytes()]);
    assert_eq!(run(None, None, &mut expected), Ok(()));
    let (calls, mut random, mut alone) = (CALLS.get(), Random(count), 0);
    assert_eq!(run(None, Some(1), &mut signature), Err(Refusal::Digest), "{set:?}");
    assert!(signature == expected, "{set:?}");
    for _ in 0..count {
        let (object, bit) = (random.next() >> 32, random.next() >> 32);
        let fault = Fault { call: 1 + random.next() % calls, object, bit, stays: random.next() % 2 == 0 };
        let changed = run(Some(fault), Some(1), &mut signature);
        let is_right = is_released_right(f, set, &request, &signature, &expected);
        assert!(changed.is_err() && (changed == Err(Refusal::Computation) || is_right || IN_DIGEST.get()), "{fault:?}");
        alone += u64::from(changed == Err(Refusal::Digest));
        let unchanged = run(Some(fault), None, &mut signature);
        assert!(unchanged != Err(Refusal::Digest) || IN_DIGEST.get(), "{set:?}: {fault:?}");
    }
    assert!((1..count).contains(&alone), "{alone} of {count}");
}

#[test]
fn a_message_that_changes_is_told_from_a_fault() {
    for (set, count) in [(ParameterSet::Sha2_128f, 60), (ParameterSet::Shake128f, 20)] {
        for in_tasks in [false, true] {
            with_family!(Backend::best(), set, f => with_changes(f, set, count, in_tasks));
        }
    }
}

/// Whether a signature signs the right values: it equals the signature of a run without faults, or has another R,
/// verifies, and signs the values that the key and the message have for that R.
fn is_released_right<F: Family>(
    f: F,
    set: ParameterSet,
    request: &Request<'_>,
    signature: &[u8],
    expected: &[u8],
) -> bool {
    let n = set.n();
    signature == expected
        || (signature[..n] != expected[..n]
            && verify(Backend::best(), set, request.public_key(), request.message, signature)
            && is_without_fault(f, request, &request.digest(f, &signature[..n]), signature))
}

#[test]
fn no_signature_with_a_fault_is_released() {
    let sets = [
        (ParameterSet::Sha2_128f, 680),
        (ParameterSet::Sha2_192f, 68),
        (ParameterSet::Sha2_256f, 40),
        (ParameterSet::Shake128f, 68),
        (ParameterSet::Shake192f, 28),
        (ParameterSet::Shake256f, 16),
    ];
    for (set, count) in sets {
        for backend in Backend::available() {
            let count = if backend == Backend::best() { count } else { count / 10 };
            for (method, count) in
                [(Method::Whole, count), (Method::InTasks, count / 4), (Method::WithKeptLeaves, count / 4)]
            {
                let outcomes = with_family!(backend, set, f => with_faults(f, set, count, 1, method));
                println!("{set:?} on {}: {outcomes:?}", backend.name());
                assert!(outcomes.refused >= count / 8, "{set:?}: the faults have no effect: {outcomes:?}");
            }
        }
    }
}

#[test]
#[ignore = "takes minutes: run by `make nightly`"]
fn no_signature_with_one_of_ten_thousand_faults_is_released() {
    // Whole and in the two other methods, in six sets: 10,080 faults on each backend at least.
    let run = |set: ParameterSet| {
        for backend in Backend::available() {
            let count = if backend == Backend::Portable { 1120 } else { 2000 };
            for (method, count) in
                [(Method::Whole, count), (Method::InTasks, count / 4), (Method::WithKeptLeaves, count / 4)]
            {
                let outcomes = with_family!(backend, set, f => with_faults(f, set, count, 2, method));
                println!("{set:?} on {}: {outcomes:?}", backend.name());
                assert!(outcomes.refused > 0, "{set:?}: the faults have no effect: {outcomes:?}");
            }
        }
    };
    std::thread::scope(|scope| super::fast_sets().for_each(|set| _ = scope.spawn(move || run(set))));
}

/// The reason for the check: verification does not find these signatures.
#[test]
fn without_the_check_faults_make_signatures_of_other_values_that_verify() {
    let set = ParameterSet::Sha2_128f;
    let outcomes = with_family!(Backend::best(), set, f => with_faults(f, set, 300, 3, Method::WithoutCheck));
    println!("{outcomes:?}");
    assert!(outcomes.grafts > 30);
}

/// A flipped bit in the stored key: before signing, and between the signature and its check.
#[test]
fn a_damaged_key_makes_no_signature() {
    for set in [ParameterSet::Sha2_128f, ParameterSet::Shake128f] {
        let (numbers, key, message) = (set.numbers(), key_of(set, 21), [&b"a message"[..]]);
        let mut signature = vec![0; set.signature_bytes()];
        for i in 0..64 {
            let (mut damaged, n) = (key.clone(), numbers.n);
            let bit = (8 * n * 4 * i) / 64 + i % 8;
            damaged[bit / 8] ^= 1 << (bit % 8);
            let request = |key| Request { numbers, key, top_leaves: None, message: &message, opt_rand: None };
            let (right, damaged) = (request(&key[..]), request(&damaged[..]));
            with_family!(Backend::best(), set, f => {
                let check = |request: &Request<'_>, signature: &[u8]| {
                    is_without_fault(f, request, &request.digest(f, &signature[..n]), signature)
                };
                let outcome = |is_released| if is_released { Ok(()) } else { Err(Refusal::Computation) };
                let made = sign_on(f, &damaged, true, &mut signature);
                // SK.prf makes R alone.
                let is_harmless = (n..2 * n).contains(&(bit / 8));
                assert_eq!(made, outcome(is_harmless), "{set:?}, bit {bit}");
                assert!(made.is_err() || check(&right, &signature));
                sign_once(f, &right, &mut signature);
                assert_eq!(check(&damaged, &signature), is_harmless, "{set:?}, bit {bit}");
                let in_tasks = divided::sign_on(f, &damaged, true, &mut signature, |tasks| {
                    tasks.for_each(|task| task.run_on(f));
                });
                assert_eq!(in_tasks, outcome(is_harmless), "{set:?}, bit {bit}");
            });
        }
    }
}
