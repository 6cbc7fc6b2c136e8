//! Single-steps an operation in a child process and reports each instruction and each address.
//!
//! Every trace starts in a fork of this process, so stack, heap and code lie at the same addresses in all of them.
#![allow(unsafe_code, reason = "system calls")]

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind, Register, UsedMemory,
};
use libc::{c_long, c_void, iovec, pid_t, user_regs_struct};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// An instruction that is about to be executed, and the addresses that it accesses: the address itself if there is only one. For
/// a division, the operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) instruction: u64,
    pub(crate) address: u64,
}

/// The longest instruction of the processor.
const MAX_INSTRUCTION_BYTES: usize = 15;

/// The functions with an input that may be replaced, by the address of their first instruction.
pub(crate) type Entries = HashMap<u64, Input>;

/// The input of a function that may be replaced.
pub(crate) struct Input {
    pub(crate) number: usize,
    /// The argument that points to it, counted in registers from 0.
    pub(crate) argument: usize,
    /// The bytes of the input.
    pub(crate) length: usize,
}

/// An observer of a trace.
pub(crate) trait Observer {
    /// A function is called. One of its arguments points to `input`, which may be changed.
    fn enter(&mut self, number: usize, input: &mut [u8]);

    /// The next instruction. The trace may be broken off.
    fn step(&mut self, step: Step) -> ControlFlow<()>;
}

/// Runs an operation in a child, step by step.
pub(crate) fn trace(operation: &mut dyn FnMut(), entries: &Entries, observer: &mut dyn Observer) -> Result<(), String> {
    let child = Child::start(operation)?;
    let (mut accesses, mut bytes) = (Accesses::new(), Vec::new());
    let mut next = child.step()?;
    while let Some(registers) = next {
        if let Some(input) = entries.get(&registers.rip) {
            let place = [registers.rdi, registers.rsi, registers.rdx][input.argument];
            bytes.resize(input.length, 0);
            child.copy(place, &mut bytes, libc::process_vm_readv)?;
            observer.enter(input.number, &mut bytes);
            child.copy(place, &mut bytes, libc::process_vm_writev)?;
        }
        let (address, end_of_repetition) = accesses.get(&registers)?;
        if observer.step(Step { instruction: registers.rip, address }).is_break() {
            break;
        }
        next = end_of_repetition.map_or_else(|| child.step(), |end| child.run_to(end).map(Some))?;
    }
    Ok(())
}

/// The instruction at an address of this process.
pub(crate) fn decode(address: u64) -> Instruction {
    // SAFETY: the child executes this address of the same program, and a page of read-only data follows all code.
    let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, MAX_INSTRUCTION_BYTES) };
    Decoder::with_ip(64, bytes, address, DecoderOptions::NONE).decode()
}

/// A stopped fork of this process; killed when dropped.
struct Child(pid_t);

impl Child {
    /// Forks, and lets the child run up to the operation.
    fn start(operation: &mut dyn FnMut()) -> Result<Self, String> {
        // SAFETY: this process has one thread, so the child may do all that the parent may.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: system calls on the own process. The child never returns from here.
            unsafe {
                libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
                libc::raise(libc::SIGSTOP);
                operation();
                libc::raise(libc::SIGSTOP);
                libc::_exit(0);
            }
        }
        if child < 0 {
            return Err(format!("fork: {}", std::io::Error::last_os_error()));
        }
        let child = Self(child);
        match child.wait()? {
            libc::SIGSTOP => Ok(child),
            signal => Err(format!("the child did not start: signal {signal}")),
        }
    }

    /// Waits for the child and returns the signal that stopped it.
    fn wait(&self) -> Result<i32, String> {
        let mut status = 0;
        // SAFETY: `status` is writable.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        if waited == self.0 && libc::WIFSTOPPED(status) {
            Ok(libc::WSTOPSIG(status))
        } else {
            Err(format!("the child ended with status {status:#x}"))
        }
    }

    /// Executes an instruction and returns the registers, or `None` at the end of the operation.
    fn step(&self) -> Result<Option<user_regs_struct>, String> {
        self.request(libc::PTRACE_SINGLESTEP, 0, 0)?;
        match self.wait()? {
            libc::SIGTRAP => {}
            libc::SIGSTOP => return Ok(None),
            signal => return Err(format!("the operation got signal {signal}")),
        }
        self.registers().map(Some)
    }

    /// Executes instructions up to an address of code.
    fn run_to(&self, address: u64) -> Result<user_regs_struct, String> {
        const BREAKPOINT: u64 = 0xcc;
        // SAFETY: the child executes this address of the same program, and more than a word follows it.
        let code = unsafe { (address as *const u64).read_unaligned() };
        self.poke(address, code & !0xff | BREAKPOINT)?;
        self.request(libc::PTRACE_CONT, 0, 0)?;
        let signal = self.wait()?;
        self.poke(address, code)?;
        let mut registers = self.registers()?;
        if signal != libc::SIGTRAP || registers.rip != address + 1 {
            return Err(format!("the operation got signal {signal}"));
        }
        registers.rip = address;
        self.request(libc::PTRACE_SETREGS, 0, (&raw mut registers) as u64)?;
        Ok(registers)
    }

    fn registers(&self) -> Result<user_regs_struct, String> {
        // SAFETY: zeros are a value of these integers.
        let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
        self.request(libc::PTRACE_GETREGS, 0, (&raw mut registers) as u64)?;
        Ok(registers)
    }

    /// Writes a word of code.
    fn poke(&self, address: u64, word: u64) -> Result<(), String> {
        self.request(libc::PTRACE_POKETEXT, address, word)
    }

    fn request(&self, request: libc::c_uint, address: u64, data: u64) -> Result<(), String> {
        // SAFETY: the requests that write to this process get the address of the structure that they fill.
        let result: c_long = unsafe { libc::ptrace(request, self.0, address, data) };
        if result == 0 { Ok(()) } else { Err(format!("ptrace: {}", std::io::Error::last_os_error())) }
    }

    /// Copies bytes from the memory of the child or into it.
    fn copy(
        &self,
        address: u64,
        bytes: &mut [u8],
        function: unsafe extern "C" fn(
            pid_t,
            *const iovec,
            libc::c_ulong,
            *const iovec,
            libc::c_ulong,
            libc::c_ulong,
        ) -> isize,
    ) -> Result<(), String> {
        let local = iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        let remote = iovec { iov_base: address as *mut c_void, iov_len: bytes.len() };
        // SAFETY: `local` is the slice; the kernel checks the addresses in the child.
        let copied = unsafe { function(self.0, &raw const local, 1, &raw const remote, 1, 0) };
        if copied == bytes.len().cast_signed() {
            Ok(())
        } else {
            Err("an argument of a function is no pointer to its input".into())
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let mut status = 0;
        // SAFETY: system calls on a child; if it has ended already, they fail.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, &raw mut status, 0);
        }
    }
}

/// An instruction, as far as its addresses go.
struct Access {
    memory: Vec<UsedMemory>,
    /// The divisor of a division.
    divisor: Option<Register>,
    /// The address after an instruction with the prefix REP.
    end_of_repetition: Option<u64>,
}

/// The accesses of each instruction, decoded once.
struct Accesses {
    known: HashMap<u64, Access>,
    factory: InstructionInfoFactory,
}

impl Accesses {
    fn new() -> Self {
        Self { known: HashMap::new(), factory: InstructionInfoFactory::new() }
    }

    /// The address that the next instruction accesses, 0 if it accesses none, and a mixture of several or of a repetition.
    ///
    /// The processor stops in each iteration of a repetition. Its addresses follow from its start and its count, so the rest
    /// of it needs no steps; its end is returned.
    fn get(&mut self, registers: &user_regs_struct) -> Result<(u64, Option<u64>), String> {
        if !self.known.contains_key(&registers.rip) {
            let instruction = decode(registers.rip);
            check(&instruction)?;
            let is_access = !matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop);
            let memory = if is_access { self.factory.info(&instruction).used_memory().to_vec() } else { Vec::new() };
            let repeats = instruction.is_string_instruction() && instruction.has_rep_prefix();
            let end_of_repetition = repeats.then_some(instruction.next_ip());
            let is_division = matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv);
            let divisor = is_division.then_some(instruction.op0_register());
            self.known.insert(registers.rip, Access { memory, divisor, end_of_repetition });
        }
        let access = &self.known[&registers.rip];
        let mix = |mixed: u64, next: u64| mixed.rotate_left(21).wrapping_mul(0x0100_0000_01b3) ^ next;
        let address = |used: &UsedMemory| used.virtual_address(0, |register, _, _| Some(value(registers, register)));
        let count = access.end_of_repetition.map_or(0, |_| registers.rcx);
        let numbers = |divisor| [registers.rax, registers.rdx, value(registers, divisor)].into_iter().fold(0, mix);
        let count = access.divisor.map_or(count, numbers);
        let address =
            access.memory.iter().try_fold(count, |mixed, used| address(used).map(|address| mix(mixed, address)));
        let address =
            address.ok_or_else(|| format!("the address of an instruction at {:#x} is unknown", registers.rip))?;
        Ok((address, access.end_of_repetition))
    }
}

/// Refuses instructions with a time or addresses that depend on more than the compared registers.
fn check(instruction: &Instruction) -> Result<(), String> {
    let is_division =
        matches!(instruction.mnemonic(), Mnemonic::Divss | Mnemonic::Divsd | Mnemonic::Vdivss | Mnemonic::Vdivsd)
            || matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv)
                && instruction.op0_kind() != OpKind::Register;
    let is_bit_of_memory =
        matches!(instruction.mnemonic(), Mnemonic::Bt | Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc)
            && instruction.op0_kind() == OpKind::Memory
            && instruction.op1_kind() == OpKind::Register;
    // Only the bytes in memory decide when a repeated comparison or search ends.
    let is_search = instruction.is_string_instruction()
        && !matches!(
            instruction.mnemonic(),
            Mnemonic::Movsb
                | Mnemonic::Movsw
                | Mnemonic::Movsd
                | Mnemonic::Movsq
                | Mnemonic::Stosb
                | Mnemonic::Stosw
                | Mnemonic::Stosd
                | Mnemonic::Stosq
        );
    let is_undecoded = instruction.is_invalid() || instruction.flow_control() == FlowControl::Interrupt;
    if is_division || instruction.is_vsib() || is_bit_of_memory || is_search || is_undecoded {
        return Err(format!("{instruction} at {:#x} is not for secrets", instruction.ip()));
    }
    Ok(())
}

/// The value of a register in an address.
fn value(registers: &user_regs_struct, register: Register) -> u64 {
    let value = match register.full_register() {
        Register::RAX => registers.rax,
        Register::RBX => registers.rbx,
        Register::RCX => registers.rcx,
        Register::RDX => registers.rdx,
        Register::RSI => registers.rsi,
        Register::RDI => registers.rdi,
        Register::RBP => registers.rbp,
        Register::RSP => registers.rsp,
        Register::R8 => registers.r8,
        Register::R9 => registers.r9,
        Register::R10 => registers.r10,
        Register::R11 => registers.r11,
        Register::R12 => registers.r12,
        Register::R13 => registers.r13,
        Register::R14 => registers.r14,
        Register::R15 => registers.r15,
        Register::FS => registers.fs_base,
        Register::GS => registers.gs_base,
        // The other segments begin at 0.
        _ => 0,
    };
    match register.size() {
        1 => value & 0xff,
        2 => value & 0xffff,
        4 => value & 0xffff_ffff,
        _ => value,
    }
}
