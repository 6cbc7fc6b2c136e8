//! Memory that holds terms, and the loads and stores of x86-64.

use super::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Numbers without padding, in the byte order of the processor.
pub(crate) trait Number: Copy {}
impl Number for u8 {}
impl Number for i8 {}
impl Number for i16 {}
impl Number for i32 {}
impl Number for u32 {}
impl Number for i64 {}
impl Number for u64 {}

fn bytes_of<T: Number>(numbers: &[T]) -> &[u8] {
    // SAFETY: the same memory, without padding.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}

fn bytes_of_mut<T: Number>(numbers: &mut [T]) -> &mut [u8] {
    // SAFETY: the same memory, without padding, and any bytes are numbers.
    unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), size_of_val(numbers)) }
}

/// The bytes that hold terms, by address, with the patterns that stand for them.
#[derive(Default)]
struct Memory {
    bytes: HashMap<usize, (u8, Word)>,
    stored: u64,
}

impl Memory {
    /// Known bytes stand for themselves.
    fn store(&mut self, to: &mut u8, term: Word) {
        self.stored += 1;
        let pattern = self.stored.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0];
        *to = value(&term).map_or(pattern, |known| known as u8);
        self.bytes.insert(std::ptr::from_ref(to).addr(), (*to, term));
    }

    fn load(&self, from: &u8) -> Word {
        let address = std::ptr::from_ref(from).addr();
        match self.bytes.get(&address) {
            Some((pattern, term)) => {
                assert_eq!(from, pattern, "plain Rust has written to memory that held terms");
                term.clone()
            }
            None => {
                assert!(is_read_only(address), "a load from memory that neither a proof nor an instruction has filled");
                constant((*from).into(), 8)
            }
        }
    }
}

/// Whether an address is in a read-only part of the program, such as a static table.
fn is_read_only(address: usize) -> bool {
    static PARTS: OnceLock<Vec<(usize, usize)>> = OnceLock::new();
    let parts = PARTS.get_or_init(|| {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("the map of this process");
        let part = |line: &str| {
            let (addresses, rest) = line.split_once(' ')?;
            let (first, end) = addresses.split_once('-')?;
            let part = (usize::from_str_radix(first, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
            rest.starts_with("r-").then_some(part)
        };
        maps.lines().filter_map(part).collect()
    });
    parts.iter().any(|(first, end)| (*first..*end).contains(&address))
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Forgets all terms of memory.
pub(crate) fn forget() {
    MEMORY.take();
}

/// Fills memory with terms of any width.
pub(crate) fn put<T: Number>(to: &mut [T], terms: &[Word]) {
    let (bits, to) = (terms.concat(), bytes_of_mut(to));
    assert_eq!(bits.len(), 8 * to.len(), "bits of memory");
    MEMORY.with_borrow_mut(|memory| {
        to.iter_mut().zip(bits.chunks(8)).for_each(|(to, bits)| memory.store(to, bits.into()))
    });
}

/// The bits of memory.
pub(crate) fn read<T: Number>(from: &[T]) -> Word {
    MEMORY.with_borrow(|memory| bytes_of(from).iter().flat_map(|byte| memory.load(byte)).collect())
}

fn load<const N: usize>(from: &[impl Number]) -> Reg<N> {
    Reg::new([read(from)])
}
fn store<const N: usize>(to: &mut [impl Number], register: &Reg<N>) {
    put(to, &[register.0.into()]);
}
macro_rules! loads_and_stores {
    ($($n:literal => $load:ident $store:ident;)+) => {$(
        pub(crate) unsafe fn $load(from: &[impl Number]) -> Reg<$n> { load(from) }
        pub(crate) unsafe fn $store(to: &mut [impl Number], register: Reg<$n>) { store(to, &register); }
    )+};
}
loads_and_stores! { 128 => load_128 store_128; 256 => load_256 store_256; 512 => load_512 store_512; }

pub(crate) unsafe fn load_64(from: &[impl Number]) -> __m128i {
    Reg::new([load::<64>(from).0.into(), constant(0, 64)])
}
pub(crate) unsafe fn store_64(to: &mut [impl Number], register: __m128i) {
    put(to, &[register.0[..64].into()]);
}
pub(crate) unsafe fn load_first_512(from: &[u8]) -> __m512i {
    assert!(from.len() <= 64, "bytes of a register");
    Reg::new([read(from), constant(0, 512 - 8 * from.len())])
}
pub(crate) unsafe fn store_first_512(to: &mut [u8], register: __m512i) {
    assert!(to.len() <= 64, "bytes of a register");
    put(to, &[register.0[..8 * to.len()].into()]);
}

/// A copy that the proofs follow.
pub(crate) fn copy_bytes(from: &[u8], to: &mut [u8]) {
    put(to, &[read(from)]);
}
