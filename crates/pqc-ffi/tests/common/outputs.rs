//! The outputs of a call, and their required contents after it.

use super::api::*;
use super::call::{Call, MOST_ITEMS, Mode, Scope, Verdict};
use super::composite::Halves;
use super::data::Data;
use super::functions::drawn;
use super::metrics::MEMORY;
use super::role::Role;
use super::{Bytes, Handle, Owned, SENTINEL_BYTE};
use core::ptr;
use core::slice;

/// The kind of an output. Before the call it holds a sentinel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    PrivateKey,
    PublicKey,
    MuHasher,
    ExchangeKey,
    ExchangeShare,
    Buffer(Data),
    /// A buffer of the caller.
    Slot(Data),
    /// The length of the written bytes.
    Len(Data),
    Algorithm,
    /// A number or struct that is not 0.
    Number,
    /// A struct that begins with its size, such as the metrics of the process; the caller knows a number of bytes of it.
    Snapshot,
    Status,
}

/// One output, or the output of an item of a batch.
#[derive(Clone, Copy)]
pub(super) struct Output {
    start: *mut u8,
    len: usize,
    kind: Kind,
    item: usize,
}

impl Output {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the memory of an output is initialised, and lives as long as the call.
        unsafe { slice::from_raw_parts(self.start, self.len) }
    }

    fn read<T: Copy>(&self) -> T {
        assert_eq!(self.len, size_of::<T>());
        // SAFETY: the output holds a number or plain struct of this type.
        unsafe { self.start.cast::<T>().read_unaligned() }
    }

    /// The handle, NULL if none was written.
    fn handle<T>(&self) -> *mut T {
        let handle: *mut T = self.read();
        if self.is_untouched() { ptr::null_mut() } else { handle }
    }

    fn is_untouched(&self) -> bool {
        self.bytes().iter().all(|byte| *byte == SENTINEL_BYTE)
    }

    fn is_zeroed(&self) -> bool {
        self.bytes().iter().all(|byte| *byte == 0)
    }
}

impl Call<'_> {
    fn output(&mut self, len: usize, align: usize, kind: Kind) -> *mut u8 {
        let start = self.memory.output(len, align);
        self.outputs.push(Output { start, len, kind, item: 0 });
        start
    }

    /// A pointer argument to the outputs from this number on, which do not exist if it is NULL.
    fn pointer_to_outputs<T>(&mut self, field: &'static str, start: *mut u8, first: usize) -> *mut T {
        let start = self.pointer(field, start.cast::<T>());
        if start.is_null() {
            self.outputs.truncate(first);
        }
        start
    }

    fn argument<T>(&mut self, kind: Kind) -> *mut T {
        let first = self.outputs.len();
        let start = self.output(size_of::<T>(), align_of::<T>(), kind);
        self.pointer_to_outputs("", start, first)
    }

    pub(crate) fn buffer(&mut self, data: Data) -> *mut FFIBuffer {
        self.argument(Kind::Buffer(data))
    }

    /// A number or struct that is not 0.
    pub(crate) fn number_out<T>(&mut self) -> *mut T {
        self.argument(Kind::Number)
    }

    pub(crate) fn algorithm_out(&mut self) -> *mut u32 {
        self.argument(Kind::Algorithm)
    }

    pub(crate) fn new_handle<T: Handle>(&mut self) -> *mut *mut T {
        self.argument(T::KIND)
    }

    /// An array with an output of each item.
    fn array<T>(&mut self, field: &'static str, kind: Kind, role: Role) -> *mut T {
        let (first, items) = (self.outputs.len(), self.items.len());
        let start = self.memory.output(items * size_of::<T>(), align_of::<T>());
        for item in 0..items {
            let place = start.wrapping_add(item * size_of::<T>());
            self.outputs.push(Output { start: place, len: size_of::<T>(), kind, item });
        }
        if self.site(field, role, 1) == 0 || self.is_nothing() {
            self.outputs.truncate(first);
            return ptr::null_mut();
        }
        start.cast()
    }

    pub(crate) fn new_private_keys(&mut self) -> *mut *mut PqcPrivateKey {
        self.array("", Kind::PrivateKey, Role::Pointer)
    }

    pub(crate) fn statuses(&mut self) -> *mut i32 {
        self.array("", Kind::Status, Role::Pointer)
    }

    /// More than an output takes.
    const SPARE: usize = 100;

    /// Memory for a result; its capacity is the next argument, and where its length goes the one behind.
    pub(crate) fn slot(&mut self, data: Data) -> *mut u8 {
        let (start, capacity) = self.slot_of(["", ""], data, 1);
        self.set_last_length(capacity);
        start
    }

    pub(crate) fn written(&mut self, data: Data) -> *mut usize {
        self.argument(Kind::Len(data))
    }

    /// The capacity that an output must have: a signature of a composite may be shorter.
    fn needed(&self, data: Data) -> usize {
        if data == Data::Signature { self.fixture.algorithm.signature } else { self.fixture.get(data).len() }
    }

    fn slot_of(&mut self, [field, len_field]: [&'static str; 2], data: Data, behind: usize) -> (*mut u8, usize) {
        let needed = self.needed(data);
        let first = self.outputs.len();
        let capacity = self.later_site(behind, len_field, Role::Capacity(needed), (needed + Self::SPARE) as u64);
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        let is_real = isize::try_from(capacity).is_ok();
        let start = self.memory.output(if is_real { capacity } else { needed }, 1);
        if is_real {
            self.outputs.push(Output { start, len: capacity, kind: Kind::Slot(data), item: self.item() });
        }
        (self.pointer_to_outputs(field, start, first), capacity)
    }

    /// The output slots of a batch, in an array or as rows of a table.
    pub(crate) fn slots(&mut self, data: Data) -> *const PqcMutColumn {
        let first = self.outputs.len();
        let lens = self.array("lens", Kind::Len(data), Role::OptionalPointer);
        let column = if self.is_in_slices && !self.is_nothing() {
            let mut slots = [PqcMutSlice { data: ptr::null_mut(), len: 0 }; MOST_ITEMS];
            for (item, slot) in slots.iter_mut().enumerate().take(self.items.len()) {
                let (data, len) = self.in_scope(Scope::Item(item), |call| call.slot_of(["data", "len"], data, 0));
                *slot = PqcMutSlice { data, len };
            }
            let slots = &slots[..self.items.len()];
            let slices = self.memory.input(slots, size_of_val(slots));
            PqcMutColumn { slices, data: ptr::null_mut(), len: 0, stride: 0, lens }
        } else {
            self.table(data, lens, first)
        };
        let column = self.memory.input(&[column], size_of::<PqcMutColumn>());
        self.pointer_to_outputs("", column.cast(), first)
    }

    /// Rows with bytes between them, which are to stay.
    fn table(&mut self, data: Data, lens: *mut usize, before: usize) -> PqcMutColumn {
        let (needed, items) = (self.needed(data), self.items.len());
        let right = (needed + Self::SPARE) as u64;
        let len = self.in_scope(Scope::AllItems, |call| call.site("len", Role::Capacity(needed), right));
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let is_real = isize::try_from(len).is_ok();
        if !is_real {
            // Rows that no memory has are refused with their lengths, which are not written.
            self.outputs.truncate(before);
        }
        let (row, gap) = if is_real { (len, 3) } else { (needed, 0) };
        let start = self.memory.output((items * (row + gap)).saturating_sub(gap), 1);
        if is_real {
            let rows = (0..items).map(|item| (item, start.wrapping_add(item * (row + gap))));
            self.outputs.extend(rows.map(|(item, start)| Output { start, len, kind: Kind::Slot(data), item }));
        }
        let data = self.in_scope(Scope::AllItems, |call| call.pointer_to_outputs("data", start, before));
        if self.is_nothing() {
            return PqcMutColumn { slices: ptr::null(), data, len: 0, stride: 0, lens };
        }
        PqcMutColumn { slices: ptr::null(), data, len, stride: len.saturating_add(gap), lens }
    }

    /// The output of a snapshot.
    pub(crate) fn metrics(&mut self) -> *mut FFIMetrics {
        self.argument(Kind::Snapshot)
    }

    /// The output of the state of the FIPS module.
    pub(crate) fn fips_status(&mut self) -> *mut PqcFipsStatus {
        self.argument(Kind::Snapshot)
    }

    /// Memory for shared metrics.
    pub(crate) fn shared_memory(&mut self) -> *mut u8 {
        self.pointer("", MEMORY.0.get().cast())
    }

    /// The status of an item, if it was written.
    fn item_status(&self, item: usize) -> Option<i32> {
        let is_its = |output: &&Output| output.kind == Kind::Status && output.item == item;
        self.outputs.iter().find(is_its).map(Output::read)
    }

    /// The number of the returned status or, for the first item of a batch, of the status of the item.
    pub(crate) fn reason(&self) -> i32 {
        if self.status == PqcStatus::BatchItems { self.item_status(0).unwrap_or(-1) } else { self.status as i32 }
    }

    /// Checks the status of the call against its arguments, and its outputs against the status.
    pub(crate) fn check(&self, function: &str) {
        if self.status == PqcStatus::Overlap || self.memory.has_overlap() {
            let is_overlap = self.status == PqcStatus::Overlap && self.memory.has_overlap();
            let status = self.status;
            return assert!(is_overlap && self.memory.is_unchanged(), "{function}: {status:?}, and nothing is written");
        }
        assert!(self.memory.has_its_guards(), "{function}: nothing is written behind an output");
        self.check_status(function);
        if self.has_outputs() {
            self.outputs.iter().for_each(|output| self.check_output(function, output));
        }
    }

    /// Whether there is memory for all of the items.
    fn has_outputs(&self) -> bool {
        let is_of_count = |site: usize| matches!(self.sites.get(site).map(|site| site.role), Some(Role::Count));
        !self.is_nothing() && !matches!(self.mode, Mode::One(fault) if is_of_count(fault.site))
    }

    fn check_status(&self, function: &str) {
        let allows = |verdict: &Verdict, status| self.allows(verdict, status);
        let statuses = (0..self.items.len()).map(|item| self.item_status(item).unwrap_or(PqcStatus::Ok as i32));
        let is_right = match self.status {
            PqcStatus::Ok => {
                allows(&self.verdict, 0) && (!self.is_batch || self.items.iter().all(|item| allows(item, 0)))
            }
            PqcStatus::BatchItems => {
                let mut statuses = statuses.zip(&self.items).peekable();
                statuses.any(|(status, _)| status != 0)
                    && self.verdict.faults.is_empty()
                    && self.items.iter().enumerate().all(|(number, item)| {
                        let status = self.item_status(number);
                        status.is_some_and(|status| allows(item, status))
                    })
            }
            status => allows(&self.verdict, status as i32) || self.items.iter().any(|item| allows(item, status as i32)),
        };
        let all = self.items.iter().map(|item| &item.faults).collect::<Vec<_>>();
        let (status, faults) = (self.status, &self.verdict.faults);
        let (reason, wrong) = (self.reason(), self.wrong());
        let found: Vec<_> = (0..self.items.len()).map(|item| self.item_status(item)).collect();
        assert!(is_right, "{function}: {status:?} ({reason}) for {faults:?} {all:?} ({wrong}), found {found:?}");
    }

    /// The wrong argument and the status, for the message of a failure.
    fn wrong(&self) -> String {
        let site =
            if let Mode::One(fault) = self.mode { self.sites.get(fault.site).zip(Some(fault.value)) } else { None };
        let site = site.map(|(site, value)| format!("{} {} {value}", site.parameter, site.field));
        format!("{:?} with argument {}", self.status, site.unwrap_or_default())
    }

    /// Whether a status can follow from arguments.
    fn allows(&self, verdict: &Verdict, status: i32) -> bool {
        let is_signature = |data| matches!(data, Data::Signature | Data::PrehashedSignature);
        let verifies = self.inputs.iter().any(|input| is_signature(input.data));
        let is_invalid = verifies && (verdict.is_changed || self.verdict.is_changed);
        let is_one = |statuses: &[PqcStatus]| statuses.iter().any(|known| *known as i32 == status);
        if status == PqcStatus::Ok as i32 {
            return verdict.faults.is_empty() && !is_invalid;
        }
        let is_alone = verdict.faults.is_empty() || matches!(self.mode, Mode::Any(_));
        is_one(&verdict.faults)
            || is_one(&verdict.possible)
            || is_invalid && is_alone && status == PqcStatus::InvalidSignature as i32
    }

    /// Whether an item has no result.
    fn has_failed(&self, item: usize) -> bool {
        match self.status {
            PqcStatus::Ok => false,
            PqcStatus::BatchItems => self.item_status(item) != Some(PqcStatus::Ok as i32),
            _ => true,
        }
    }

    fn check_output(&self, function: &str, output: &Output) {
        let is_right = match output.kind {
            Kind::Status if matches!(self.status, PqcStatus::Ok | PqcStatus::BatchItems) => !output.is_untouched(),
            Kind::Status => output.read::<i32>() == PqcStatus::Internal as i32,
            // A size that no object has, or one too small for more than the first field.
            Kind::Snapshot if self.verdict.faults.contains(&PqcStatus::OutputLength) => {
                output.is_untouched() || output.bytes().starts_with(&[0; 8])
            }
            _ if self.has_failed(output.item) => output.is_zeroed(),
            Kind::Snapshot => output.bytes().starts_with(&output.len.to_ne_bytes()),
            Kind::Slot(data) => {
                let (result, rest) = output.bytes().split_at(self.len_of(data, output.bytes()));
                !result.iter().all(|byte| *byte == 0) && rest.iter().all(|byte| *byte == 0)
            }
            Kind::Len(data) => {
                let is_its = |slot: &&Output| slot.kind == Kind::Slot(data) && slot.item == output.item;
                let slot = self.outputs.iter().find(is_its);
                slot.is_some_and(|slot| output.read::<usize>() == self.len_of(data, slot.bytes()))
            }
            _ => !output.is_untouched() && !output.is_zeroed(),
        };
        let (kind, wrong) = (output.kind, self.wrong());
        assert!(is_right, "{function}: {kind:?} is filled on success and zeroed on failure ({wrong})");
        if !self.has_failed(output.item) {
            self.check_contents(function, output);
        }
    }

    /// Checks a result against the fixture, or against the inputs if it is random.
    fn check_contents(&self, function: &str, output: &Output) {
        let is_changed = self.verdict.is_changed || self.items.get(output.item).is_some_and(|item| item.is_changed);
        let is_random = drawn(function, &self.fixture.algorithm) > 0;
        let has = |data| self.inputs.iter().any(|input| input.data == data);
        let Some((data, result)) = self.result(output) else {
            let is_its = output.kind != Kind::Algorithm || output.read::<u32>() == self.fixture.algorithm.id;
            return assert!(is_its || is_changed || has(Data::Encrypted), "{function}: the algorithm");
        };
        let is_same = *result == *self.fixture.get(data);
        match data {
            Data::Signature if is_random => assert!(self.verifies(output.item, &result), "{function}: it verifies"),
            Data::SharedSecret if is_random => assert!(is_changed || self.opens(output.item, &result), "{function}"),
            Data::ExchangeSecret if is_random => assert!(self.ends_exchange(&result), "{function}"),
            Data::Ciphertext | Data::ExchangeCiphertext if is_random => (),
            // Nothing binds the secret to the ciphertext, of which X25519 ignores a bit.
            Data::ExchangeSecret if is_changed => (),
            Data::Operations => (),
            _ if has(Data::Encrypted) => (),
            _ if is_random => assert!(!is_same, "{function}: {data:?} is new"),
            // X-Wing ignores some bits of its randomness, and a file may have an edit without an effect.
            _ if is_changed && (has(Data::Randomness) || has(Data::Pkcs8) || has(Data::Spki)) => (),
            // The same bytes are a key of another composite, or of another set of SLH-DSA.
            Data::PrivateKey | Data::PublicKey if self.context.algorithm.id != self.fixture.algorithm.id => (),
            _ => assert_eq!(is_same, !is_changed, "{function}: {data:?}"),
        }
    }

    /// How long a result is that a slot begins with.
    fn len_of(&self, data: Data, slot: &[u8]) -> usize {
        let algorithm = self.fixture.algorithm;
        if data == Data::Signature && algorithm.is_composite() {
            Halves::of(algorithm).signature_len(slot)
        } else {
            self.needed(data)
        }
    }

    /// The contents of an output, or the handle in it.
    fn result(&self, output: &Output) -> Option<(Data, Vec<u8>)> {
        Some(match output.kind {
            Kind::Buffer(data) => {
                // SAFETY: the library filled the buffer, which is freed with the call.
                (data, unsafe { bytes_in(&*output.start.cast()) })
            }
            Kind::Slot(data) => (data, output.bytes()[..self.len_of(data, output.bytes())].to_vec()),
            Kind::PrivateKey => {
                let key = borrowed(output.handle::<PqcPrivateKey>());
                (Data::PrivateKey, key.bytes().as_deref().unwrap_or_default().to_vec())
            }
            Kind::PublicKey => {
                let key = borrowed(output.handle::<PqcPublicKey>());
                (Data::PublicKey, key.bytes().as_deref().unwrap_or_default().to_vec())
            }
            _ => return None,
        })
    }

    fn input_of(&self, item: usize, data: Data) -> Option<&[u8]> {
        let mut inputs = self.inputs.iter().filter(|input| input.data == data);
        let input = inputs.clone().find(|input| input.item == item).or_else(|| inputs.next())?;
        // SAFETY: the inputs of a call that succeeds are readable, or empty.
        Some(if input.len == 0 { &[] } else { unsafe { slice::from_raw_parts(input.start, input.len) } })
    }

    /// Whether a signature is valid for the inputs of an item.
    fn verifies(&self, item: usize, signature: &[u8]) -> bool {
        let input = |data| self.input_of(item, data);
        let (key, context) = (&self.fixture.keys.public, input(Data::Context).unwrap_or_default());
        let (private, message) = (&self.fixture.keys.private, input(Data::Message));
        let (message, hash) = (message.unwrap_or_default(), self.context.hash);
        // Without randomness, ML-DSA takes zeros (FIPS 204, 5.2) and SLH-DSA PK.seed (FIPS 205, 10.2).
        let algorithm = self.fixture.algorithm;
        let zeros = [0; 32];
        let none = if algorithm.is_slhdsa() { self.fixture.get(Data::PublicKey) } else { &zeros };
        let none = &none[..algorithm.randomness];
        let (fixed, outcome) = match (input(Data::Digest), input(Data::Mu)) {
            (Some(digest), _) => (
                private.sign_prehashed_derand(hash, digest, context, none),
                key.verify_prehashed(hash, digest, context, signature),
            ),
            (_, Some(mu)) => {
                let keys = &self.fixture.keys;
                (keys.private.sign_mu_derand(mu, none), keys.public.verify_mu(mu, signature))
            }
            _ => (private.sign_derand(message, context, none), key.verify(message, context, signature)),
        };
        assert_eq!(fixed.is_ok_and(|fixed| *fixed == *signature), self.is_deterministic, "deterministic");
        outcome.is_ok()
    }

    /// Whether the ciphertext of an exchange carries the secret, unless it is not written.
    fn ends_exchange(&self, secret: &[u8]) -> bool {
        let results: Vec<_> = self.outputs.iter().filter_map(|output| self.result(output)).collect();
        let ciphertext = results.iter().find(|(data, _)| *data == Data::ExchangeCiphertext);
        ciphertext.is_some_and(|(_, ciphertext)| {
            self.fixture.exchange().key.decapsulate(ciphertext).is_ok_and(|opened| opened == secret)
        })
    }

    /// Whether the ciphertext of an item carries the secret.
    fn opens(&self, item: usize, secret: &[u8]) -> bool {
        let results = self.outputs.iter().filter(|output| output.item == item).filter_map(|output| self.result(output));
        let ciphertext = results.into_iter().find(|(data, _)| *data == Data::Ciphertext);
        // The other output is NULL, which is checked in its turn.
        ciphertext.is_some_and(|(_, ciphertext)| {
            let opened: Result<Bytes, _> = self.fixture.keys.private.decapsulate(&ciphertext);
            opened.is_ok_and(|opened| *opened == *secret)
        })
    }
}

/// The bytes in a buffer.
///
/// # Safety
/// The library filled the buffer.
unsafe fn bytes_in(buffer: &FFIBuffer) -> Vec<u8> {
    // SAFETY: by the caller's promise.
    unsafe { slice::from_raw_parts(buffer.data, buffer.len) }.to_vec()
}

/// The wrapper of a handle that the call keeps.
fn borrowed<T: Handle>(handle: *mut T) -> core::mem::ManuallyDrop<Owned<T>> {
    core::mem::ManuallyDrop::new(Owned::new(handle))
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !matches!(self.status, PqcStatus::Ok | PqcStatus::BatchItems) || !self.has_outputs() {
            return;
        }
        for output in &self.outputs {
            match output.kind {
                Kind::PrivateKey => drop(Owned::new(output.handle::<PqcPrivateKey>())),
                Kind::PublicKey => drop(Owned::new(output.handle::<PqcPublicKey>())),
                Kind::MuHasher => drop(Owned::new(output.handle::<PqcMuHasher>())),
                Kind::ExchangeKey => drop(Owned::new(output.handle::<PqcExchangeKey>())),
                Kind::ExchangeShare => drop(Owned::new(output.handle::<PqcExchangeShare>())),
                // SAFETY: a successful call filled the buffer.
                Kind::Buffer(_) if !output.is_untouched() => unsafe { ffi_buffer_free(output.start.cast()) },
                _ => (),
            }
        }
    }
}
