//! One call of an exported function: its arguments, right or wrong, and the required outcome.
//!
//! A row of the table takes its arguments from a `Call` in the order of the parameters. Each argument, and each field
//! of a struct behind it, is a site with a value that can be replaced by a wrong one.

use super::api::*;
use super::bytes::{Choices, edited};
use super::data::Data;
use super::fixture::{Fixture, Key, keys_of};
use super::memory::{Memory, Placing};
use super::outputs::Output;
use super::role::{Context, HUGE, KEY_FLAGS, Keys, Role, SETTING_FLAGS};
use super::{Handle, Owned};
use core::mem::MaybeUninit;
use core::ptr;

/// The site with this number has this value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) site: usize,
    pub(crate) value: u64,
}

/// The faults in the arguments of a call.
#[derive(Clone, Copy)]
pub(crate) enum Mode<'a> {
    Right,
    /// The arguments are right, and the call panics.
    Panic,
    /// There may be no memory to allocate.
    NoMemory,
    /// There may be no randomness.
    NoRandomness,
    One(Fault),
    /// Outputs may overlap other arguments.
    Placed(Placing<'a>),
    /// A batch of so many items, and no memory for an output of each.
    Nothing(usize),
    /// Anything, by these choices.
    Any(Choices<'a>),
}

/// An argument, or a field of a struct behind it.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub(crate) parameter: usize,
    pub(crate) field: &'static str,
    pub(crate) role: Role,
    pub(crate) right: u64,
}

/// Where a fault shows: in the status of the call, or in the statuses of items.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Call,
    Item(usize),
    AllItems,
}

pub(super) struct Verdict {
    /// One of these statuses must be returned.
    pub(super) faults: Vec<PqcStatus>,
    /// The statuses that the contents of the inputs may lead to.
    pub(super) possible: Vec<PqcStatus>,
    /// Whether an input is not the right one, but may be accepted.
    pub(super) is_changed: bool,
}

impl Verdict {
    fn new() -> Self {
        Self { faults: Vec::with_capacity(16), possible: Vec::with_capacity(256), is_changed: false }
    }
}

/// The most items of a batch of any arguments, more than two chunks.
pub(super) const MOST_ITEMS: usize = 140;

/// The struct with zeros for its padding.
fn zero_padded(keys: PqcPublicKeys) -> MaybeUninit<PqcPublicKeys> {
    let mut padded = MaybeUninit::zeroed();
    let start: *mut PqcPublicKeys = padded.as_mut_ptr();
    // SAFETY: the fields are in the struct.
    unsafe {
        (&raw mut (*start).handles).write(keys.handles);
        (&raw mut (*start).handle_count).write(keys.handle_count);
        (&raw mut (*start).encodings).write(keys.encodings);
        (&raw mut (*start).algorithms).write(keys.algorithms);
        (&raw mut (*start).algorithm_count).write(keys.algorithm_count);
        (&raw mut (*start).flags).write(keys.flags);
    }
    padded
}

/// A value that the choices pick for a site.
fn draw(choices: &mut Choices<'_>, role: Role, right: u64) -> u64 {
    match role {
        Role::Capacity(needed) => match choices.byte() % 8 {
            0..=4 => right + u64::from(choices.byte()),
            5 | 6 => (needed as u64).saturating_sub(choices.short() as u64),
            _ => HUGE[2] - u64::from(choices.byte()),
        },
        Role::Flags(_) | Role::KeyFlags(_) | Role::Algorithm(_) if choices.byte().is_multiple_of(2) => {
            choices.number().into()
        }
        // A thread more than needed does no harm, but takes time.
        Role::Threads => choices.pick(&[0, 2, 3, 257, u32::MAX.into()]),
        Role::Count => right,
        _ => choices.pick(&role.values(right)),
    }
}

/// See the module.
pub(crate) struct Call<'a> {
    pub(crate) fixture: &'a Fixture,
    keys: Keys,
    pub(super) mode: Mode<'a>,
    /// Whether a batch takes arrays of slices and encodings of keys, or rows and handles.
    pub(super) is_in_slices: bool,
    pub(crate) status: PqcStatus,
    parameter: usize,
    pub(crate) sites: Vec<Site>,
    pub(super) context: Context,
    pub(super) is_deterministic: bool,
    pub(crate) is_batch: bool,
    given_keys: u64,
    scope: Scope,
    pub(super) verdict: Verdict,
    pub(super) items: Vec<Verdict>,
    last_length: usize,
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
    pub(crate) memory: Memory<'a>,
}

/// The bytes that an item was called with.
pub(super) struct Input {
    pub(super) data: Data,
    pub(super) item: usize,
    pub(super) start: *const u8,
    pub(super) len: usize,
}

impl<'a> Call<'a> {
    /// Arguments for a function of these keys.
    pub(crate) fn new(fixture: &'a Fixture, keys: Keys, mut mode: Mode<'a>, is_in_slices: bool) -> Self {
        let items = match &mut mode {
            // More than a chunk of items now and then.
            Mode::Any(choices) => match choices.byte() {
                many @ 0xf0.. => MOST_ITEMS - usize::from(many % 16),
                few => 1 + usize::from(few % 20),
            },
            _ => 1,
        };
        let placing = if let Mode::Placed(placing) = mode { placing } else { Placing::Apart };
        let mut verdicts: Vec<_> = (0..=items).map(|_| Verdict::new()).collect();
        let possible = match mode {
            Mode::Panic => Some(PqcStatus::Panic),
            Mode::NoMemory => Some(PqcStatus::OutOfMemory),
            Mode::NoRandomness => Some(PqcStatus::Randomness),
            _ => None,
        };
        verdicts.iter_mut().for_each(|verdict| verdict.possible.extend(possible));
        Self {
            fixture,
            keys,
            mode,
            is_in_slices,
            status: PqcStatus::Internal,
            parameter: 0,
            sites: Vec::with_capacity(256),
            context: Context { algorithm: fixture.algorithm, hash: fixture.algorithm.hash(), items: items as u64 },
            is_deterministic: false,
            is_batch: false,
            given_keys: 1,
            scope: Scope::Call,
            verdict: verdicts.pop().unwrap_or_else(Verdict::new),
            items: verdicts,
            last_length: 0,
            inputs: Vec::with_capacity(128),
            outputs: Vec::with_capacity(128),
            memory: Memory::new(placing),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.mode, Mode::Nothing(_))
    }

    fn for_scope(&mut self, mut act: impl FnMut(&mut Verdict)) {
        match self.scope {
            Scope::Call => act(&mut self.verdict),
            Scope::Item(number) => act(&mut self.items[number]),
            Scope::AllItems => self.items.iter_mut().for_each(act),
        }
    }

    pub(super) fn fail(&mut self, status: PqcStatus) {
        self.for_scope(|verdict| verdict.faults.push(status));
    }

    fn note_change(&mut self, is_changed: bool) {
        self.for_scope(|verdict| verdict.is_changed |= is_changed);
    }

    pub(super) fn in_scope<T>(&mut self, scope: Scope, act: impl FnOnce(&mut Self) -> T) -> T {
        let before = core::mem::replace(&mut self.scope, scope);
        let outcome = act(self);
        self.scope = before;
        outcome
    }

    /// The value of a site: the right one, or a value that the mode chooses.
    pub(super) fn site(&mut self, field: &'static str, role: Role, right: u64) -> u64 {
        let number = self.sites.len();
        self.sites.push(Site { parameter: self.parameter, field, role, right });
        let value = match &mut self.mode {
            Mode::One(fault) if fault.site == number => fault.value,
            Mode::Any(choices) => {
                if choices.byte() >= 0xd8 {
                    draw(choices, role, right)
                } else {
                    right
                }
            }
            _ => right,
        };
        if let Some(status) = role.refusal(value, right, &self.context) {
            self.fail(status);
        }
        value
    }

    pub(super) fn pointer<T>(&mut self, field: &'static str, pointer: *mut T) -> *mut T {
        if self.site(field, Role::Pointer, 1) == 0 { ptr::null_mut() } else { pointer }
    }

    /// The next argument.
    pub(crate) fn take<T>(&mut self, argument: impl FnOnce(&mut Self) -> T) -> T {
        let value = argument(self);
        self.parameter += 1;
        value
    }

    /// A number of this role.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, (role, right): (Role, u64)) -> T {
        T::try_from(self.site("", role, right)).unwrap_or_else(|_| unreachable!("a role has values of its type"))
    }

    pub(crate) fn algorithm(&mut self) -> u32 {
        let right = self.fixture.algorithm.id;
        let id: u32 = self.number((Role::Algorithm(self.keys), right.into()));
        if id != right && !pqc_algorithm_info(id).is_null() {
            self.context.algorithm = super::keys::Algorithm::of(id);
            // The bytes may have the length of a private key of another family, and not its encoding.
            self.for_scope(|verdict| verdict.possible.push(PqcStatus::KeyEncoding));
        }
        self.note_change(id != right);
        id
    }

    /// An argument that is never wrong.
    pub(crate) fn plain<T>(&mut self, value: T) -> T {
        value
    }

    /// The form of a private key in PKCS#8 that every key of the algorithm has.
    pub(crate) fn first_form(&mut self) -> u32 {
        self.fixture.algorithm.forms()[0]
    }

    pub(crate) fn key_flags(&mut self) -> u32 {
        let flags = self.number((Role::KeyFlags(KEY_FLAGS), 0));
        self.allow_locking(flags)
    }

    /// The flags of the settings.
    pub(crate) fn setting_flags(&mut self) -> u32 {
        self.number((Role::KeyFlags(SETTING_FLAGS), 0))
    }

    /// The flags of a function that makes a buffer.
    pub(crate) fn memory_flags(&mut self) -> u32 {
        let flags = self.number((Role::Flags(PQC_KEY_LOCKED_MEMORY), 0));
        self.allow_locking(flags)
    }

    /// Allows that no more memory can be locked, where flags want that.
    fn allow_locking(&mut self, flags: u32) -> u32 {
        if flags & PQC_KEY_LOCKED_MEMORY != 0 {
            self.verdict.possible.push(PqcStatus::MemoryLockLimit);
            self.items.iter_mut().for_each(|item| item.possible.push(PqcStatus::MemoryLockLimit));
        }
        flags
    }

    pub(crate) fn sign_flags(&mut self) -> u32 {
        let flags = self.number((Role::Flags(PQC_SIGN_DETERMINISTIC), 0));
        self.is_deterministic = flags == PQC_SIGN_DETERMINISTIC;
        flags
    }

    /// The index of an operation in the metrics.
    pub(crate) fn operation(&mut self) -> usize {
        let last = u32::try_from(ffi_metrics_count() - 1).unwrap_or(u32::MAX);
        self.number((Role::Number(0, last, PqcStatus::UnknownOperation), last.into()))
    }

    pub(crate) fn hash(&mut self) -> u32 {
        let right = self.fixture.algorithm.hash();
        self.context.hash = self.number((Role::Number(1, 12, PqcStatus::UnknownHash), right.into()));
        self.note_change(self.context.hash != right);
        self.context.hash
    }

    pub(crate) fn count(&mut self) -> usize {
        self.is_batch = true;
        let count = if let Mode::Nothing(count) = self.mode { count } else { self.items.len() };
        self.number((Role::Count, count as u64))
    }

    pub(crate) fn key_count(&mut self) -> usize {
        self.number((Role::KeyCount, self.given_keys))
    }

    /// The key of the fixture, or a key of another algorithm.
    fn key_in<T: Key>(&mut self, field: &'static str, right: &'a Owned<T>) -> *const T {
        let id = self.fixture.algorithm.id;
        let value = self.site(field, Role::Key(self.keys), id.into());
        match u32::try_from(value).unwrap_or_default() {
            0 => ptr::null(),
            value if value == id => {
                self.memory.note(right.as_ptr());
                right.as_ptr()
            }
            value => T::of(keys_of(value)).as_ptr(),
        }
    }

    pub(crate) fn key<T: Key>(&mut self) -> *const T {
        self.key_in("", T::of(&self.fixture.keys))
    }

    pub(crate) fn mu_key<T: Key>(&mut self) -> *const T {
        self.key_in("", T::of(&self.fixture.keys))
    }

    pub(crate) fn mu_hasher(&mut self) -> *const PqcMuHasher {
        self.hasher(&self.fixture.mu().hasher)
    }

    /// A hasher that the call changes.
    pub(crate) fn updated_mu_hasher(&mut self) -> *mut PqcMuHasher {
        self.hasher(&self.fixture.mu().updated).cast_mut()
    }

    fn hasher(&mut self, hasher: &Owned<PqcMuHasher>) -> *const PqcMuHasher {
        self.handle(hasher)
    }

    fn handle<T: Handle>(&mut self, handle: &Owned<T>) -> *const T {
        self.memory.note(handle.as_ptr());
        self.pointer("", handle.as_ptr().cast_mut())
    }

    /// The id of the exchange.
    pub(crate) fn exchange(&mut self) -> u32 {
        let right = self.fixture.algorithm.exchange().unwrap_or_default();
        let all =
            Role::Number(PQC_EXCHANGE_SECP256R1MLKEM768, PQC_EXCHANGE_SECP384R1MLKEM1024, PqcStatus::UnknownAlgorithm);
        let id = self.number((all, right.into()));
        if id != right {
            // The share of another exchange has another length.
            self.for_scope(|verdict| verdict.possible.push(PqcStatus::PublicKeyLength));
        }
        id
    }

    pub(crate) fn exchange_key(&mut self) -> *const PqcExchangeKey {
        self.handle(&self.fixture.exchange().key)
    }

    pub(crate) fn exchange_share(&mut self) -> *const PqcExchangeShare {
        self.handle(&self.fixture.exchange().share)
    }

    /// The pointer of an input; its length is the next argument.
    pub(crate) fn data(&mut self, data: Data) -> *const u8 {
        let (pointer, length) = self.input(["", ""], data, 1);
        self.last_length = length;
        pointer
    }

    pub(crate) fn len(&mut self) -> usize {
        self.last_length
    }

    pub(super) fn set_last_length(&mut self, length: usize) {
        self.last_length = length;
    }

    /// The item that the arguments are for.
    pub(super) fn item(&self) -> usize {
        if let Scope::Item(number) = self.scope { number } else { 0 }
    }

    /// A site of a parameter so many places behind this one.
    pub(super) fn later_site(&mut self, behind: usize, field: &'static str, role: Role, right: u64) -> u64 {
        self.parameter += behind;
        let value = self.site(field, role, right);
        self.parameter -= behind;
        value
    }

    /// Pointer and length of an input; the length is a number of parameters after its pointer.
    fn input(&mut self, [field, length_field]: [&'static str; 2], data: Data, behind: usize) -> (*const u8, usize) {
        let right = self.fixture.get(data);
        let (pointer, length) = if let Mode::Any(choices) = &mut self.mode {
            let what = choices.byte() % 16;
            let contents = match what {
                0..=6 => right.to_vec(),
                7..=10 => edited(right, choices.take(4)),
                _ => choices.string().to_vec(),
            };
            let length = if what == 14 { HUGE[2] - choices.byte() as u64 } else { contents.len() as u64 };
            self.any_input(data, &contents, usize::try_from(length).unwrap_or(usize::MAX), what == 15)
        } else {
            let pointer = self.site(field, Role::Pointer, 1);
            let length = self.later_site(behind, length_field, Role::Length(data), right.len() as u64);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            self.note_change(length != right.len());
            let size = if isize::try_from(length).is_ok() { length } else { right.len() };
            let start = self.memory.input(&right[..right.len().min(size)], size);
            (if pointer == 0 { ptr::null_mut() } else { start }, length)
        };
        self.inputs.push(Input { data, item: self.item(), start: pointer, len: length });
        (pointer, length)
    }

    fn any_input(&mut self, data: Data, contents: &[u8], length: usize, is_null: bool) -> (*mut u8, usize) {
        let right = self.fixture.get(data);
        let is_changed = contents != right;
        self.note_change(is_changed);
        let role = Role::Length(data);
        // A file that is changed may be valid all the same, as an edited line of PEM.
        let is_file = data.is_encoded_key() && length <= PQC_MAXENCODEDKEYBYTES;
        if let Some(status) = role.refusal(length as u64, right.len() as u64, &self.context).filter(|_| !is_file) {
            self.fail(status);
        }
        if is_null && length > 0 {
            self.fail(PqcStatus::NullPointer);
        }
        if is_changed {
            self.for_scope(|verdict| verdict.possible.extend(data.possible()));
        }
        let start = self.memory.input(contents, contents.len());
        (if is_null { ptr::null_mut() } else { start }, length)
    }

    /// A column with an input for each item.
    pub(crate) fn column(&mut self, data: Data) -> *const PqcColumn {
        let column = self.column_of("", data);
        let column = self.memory.input(&[column], size_of::<PqcColumn>());
        self.pointer("", column)
    }

    fn column_of(&mut self, field: &'static str, data: Data) -> PqcColumn {
        let fields = match field {
            "" => ["data", "len"],
            _ => ["encodings.data", "encodings.len"],
        };
        if self.is_in_slices && !self.is_nothing() {
            let mut slices = [PqcSlice { data: ptr::null(), len: 0 }; MOST_ITEMS];
            for (item, slice) in slices.iter_mut().enumerate().take(self.items.len()) {
                let (data, len) = self.in_scope(Scope::Item(item), |call| call.input(fields, data, 0));
                *slice = PqcSlice { data, len };
            }
            let slices = &slices[..self.items.len()];
            let slices = self.memory.input(slices, size_of_val(slices));
            return PqcColumn { slices, data: ptr::null(), len: 0, stride: 0 };
        }
        let (data, len) = self.in_scope(Scope::AllItems, |call| call.input(fields, data, 0));
        let stride = if self.is_nothing() || self.items.len() > 1 { 0 } else { len };
        PqcColumn { slices: ptr::null(), data, len, stride }
    }

    /// The keys of a batch, and how many the next argument says.
    pub(crate) fn private_keys(&mut self) -> *const *const PqcPrivateKey {
        let keys = self.batch_keys("[0]");
        self.pointer("", keys)
    }

    /// One key for all items, or a key for each. There is memory for a wrong number of keys.
    fn batch_keys<T: Key>(&mut self, field: &'static str) -> *mut *const T {
        let right = T::of(&self.fixture.keys);
        let items = self.items.len();
        let is_shared = match &mut self.mode {
            Mode::Any(choices) => choices.byte().is_multiple_of(2),
            _ => true,
        };
        let mut keys = [right.as_ptr(); MOST_ITEMS];
        if is_shared {
            // In all places: a wrong number of keys may be the number of items, and then each of them is read.
            keys.fill(self.in_scope(Scope::AllItems, |call| call.key_in(field, right)));
        } else {
            for (item, key) in keys.iter_mut().enumerate().take(items) {
                *key = self.in_scope(Scope::Item(item), |call| call.key_in(field, right));
            }
            self.given_keys = items as u64;
        }
        let used = if is_shared && items == 1 { 1 } else { MOST_ITEMS };
        let size = if matches!(self.mode, Mode::Placed(_)) { used } else { used.max(4) };
        self.memory.input(&keys[..used], size * size_of::<*const T>())
    }

    /// The algorithm of all encodings, and how many there are. There is memory for a wrong number.
    fn encoded_algorithms(&mut self) -> (*const u32, usize) {
        let right = self.fixture.algorithm.id;
        let id = self.in_scope(Scope::AllItems, |call| {
            let id = call.site("algorithms[0]", Role::EncodedAlgorithm, right.into());
            if id != u64::from(right) {
                call.fail(PqcStatus::OutputLength); // of a longer result
            }
            id
        });
        let ids = [u32::try_from(id).unwrap_or(u32::MAX); MOST_ITEMS];
        let count = self.site("algorithm_count", Role::KeyCount, 1);
        let used = if matches!(self.mode, Mode::Placed(_)) { 1 } else { MOST_ITEMS };
        let ids = self.memory.input(&ids[..used], used * size_of::<u32>());
        (self.pointer("algorithms", ids), usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The public keys of a batch, as handles or as encodings.
    pub(crate) fn public_keys(&mut self) -> *const PqcPublicKeys {
        let none = PqcColumn { slices: ptr::null(), data: ptr::null(), len: 0, stride: 0 };
        let keys = if self.is_in_slices {
            let encodings = self.column_of("encodings", Data::PublicKey);
            let (algorithms, algorithm_count) = self.encoded_algorithms();
            let flags = self.site("flags", Role::KeyFlags(KEY_FLAGS), 0);
            let flags = self.allow_locking(u32::try_from(flags).unwrap_or(u32::MAX));
            PqcPublicKeys { handles: ptr::null(), handle_count: 0, encodings, algorithms, algorithm_count, flags }
        } else {
            let handles = self.batch_keys("handles[0]");
            let count = self.site("handle_count", Role::KeyCount, self.given_keys);
            let handle_count = usize::try_from(count).unwrap_or(usize::MAX);
            let (algorithms, algorithm_count) = (ptr::null(), 0);
            PqcPublicKeys { handles, handle_count, encodings: none, algorithms, algorithm_count, flags: 0 }
        };
        let start = self.memory.input(&[zero_padded(keys)], size_of::<PqcPublicKeys>()).cast();
        self.pointer("", start)
    }
}
