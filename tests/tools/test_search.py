"""The search of machine code knows which conditions of jumps, and which addresses, come from data."""

from __future__ import annotations

import re

import pytest
from aarch64 import Aarch64
from disassembly import Function, Instruction, functions
from search import secret_path
from x86 import X86

FRAME = ["sub sp, sp, #0x30", "stp x29, x30, [sp, #32]", "add x29, sp, #0x20"]
"""A prologue after which `x29` is 32 bytes above `sp`."""

PUBLIC = {
    "argument": ["cmp w1, #0x3", "b.hi f0 <f+0xf0>"],
    "counter": ["mov x8, xzr", "add x8, x8, #0x1", "cmp x8, x1", "b.ne 4 <f+0x4>"],
    "pointer": ["ldr q0, [x0], #16", "cmp x0, x1", "b.ne 0 <f>"],
    "put aside": ["stp x1, x0, [sp, #16]", "bl 100 <g>", "ldp x8, x9, [sp, #16]", "cmp x8, x9", "b.eq f0 <f+0xf0>"],
    "put aside below x29": [*FRAME, "stur x1, [x29, #-16]", "bl 100 <g>", "ldr x8, [sp, #16]", "cbz x8, f0 <f+0xf0>"],
    "kept by a call": ["mov x19, x1", "bl 100 <g>", "cbz x19, f0 <f+0xf0>"],
    "choice by arguments": ["cmp x1, x2", "csel x8, x1, x2, cc", "tbz w8, #2, f0 <f+0xf0>"],
    "next to a vector": ["str x1, [sp, #16]", "str q0, [sp, #32]", "ldr x8, [sp, #16]", "cbnz x8, f0 <f+0xf0>"],
}

DATA = {
    "byte": ["ldrb w8, [x0]", "tbnz w8, #0, f0 <f+0xf0>"],
    "lane of a vector": ["fmov x8, d0", "cbz x8, f0 <f+0xf0>"],
    "result of a call": ["bl 100 <g>", "cbz w0, f0 <f+0xf0>"],
    "lost by a call": ["mov x9, x1", "bl 100 <g>", "cbz x9, f0 <f+0xf0>"],
    "second comparison": ["ldr x9, [x0]", "cmp x1, #0x1", "ccmp x9, #0x0, #0x0, eq  // eq = none", "b.ne 0 <f>"],
    "choice by data": ["ldr x9, [x0]", "cmp x9, #0x0", "csel x8, x1, x2, eq", "cmp x8, #0x4", "b.cc f0 <f+0xf0>"],
    "bits around others": ["ldr x8, [x0]", "bfi x8, x1, #4, #1", "cbz x8, f0 <f+0xf0>"],
    "overwritten": [*FRAME, "str x1, [sp, #16]", "stur q0, [x29, #-16]", "ldr x8, [sp, #16]", "cbz x8, f0 <f+0xf0>"],
    "half overwritten": ["str x1, [sp, #16]", "str w9, [sp, #20]", "ldr x8, [sp, #16]", "cbz x8, f0 <f+0xf0>"],
    "table of places": ["ldrb w9, [x10, x1]", "add x8, x8, x9, lsl #2", "br x8"],
    "quotient": ["udiv x8, x1, x2", "cbz x8, f0 <f+0xf0>"],
    "instruction that is not known": ["swpal x3, x1, [x2]", "cbz x1, f0 <f+0xf0>"],
}


ADDRESSES = {
    "argument": (Aarch64, ["ldr q0, [x0, x1]"], False),
    "stack": (Aarch64, ["ldr x8, [x0]", "str x8, [sp, #16]"], False),
    "byte": (Aarch64, ["ldrb w8, [x0]", "ldr x9, [x1, x8, lsl #3]"], True),
    "lane of a vector": (Aarch64, ["umov w8, v0.h[0]", "str q1, [x1, w8, uxtw]"], True),
    "argument of x86-64": (X86, ["lea rax, [rdi+rsi*4]", "vmovdqu ymm0, YMMWORD PTR [rax+0x20]"], False),
    "no access": (X86, ["movzx eax, BYTE PTR [rdi]", "lea rcx, [rdi+rax*4]"], False),
    "rare byte": (X86, ["cmp BYTE PTR [rdi], 0x5a", "sete al", "movzx eax, al", "mov cl, BYTE PTR [rsi+rax*1]"], True),
    "mask of a vector": (X86, ["kmovd eax, k1", "vmovdqu64 ZMMWORD PTR [rsi+rax*2], zmm0"], True),
    "gathered": (X86, ["vmovdqu ymm1, YMMWORD PTR [rsi]", "vpgatherdd ymm0, DWORD PTR [rdi+ymm1*4], ymm2"], True),
}


def last(code: list[str], instruction_set: type[Instruction] = Aarch64) -> tuple[Function, Instruction]:
    """Return a function of these instructions, and its last one."""
    lines = [f"  {4 * place:x}:\t" + instruction.replace(" ", "\t", 1) for place, instruction in enumerate(code)]
    (function,) = functions("\n".join(["0000000000000000 <f>:", *lines]), instruction_set)
    return function, function.instructions[-1]


def data_source(code: list[str]) -> object:
    """Return the source of the condition of the last instruction, if it is data."""
    function, jump = last(code)
    assert jump.is_conditional_jump
    return function.data_source(len(code) - 1, jump.condition)


@pytest.mark.parametrize(
    ("instruction_set", "code", "is_data"), [pytest.param(*case, id=name) for name, case in ADDRESSES.items()]
)
def test_addresses_of_what_was_loaded_are_data(
    instruction_set: type[Instruction],
    code: list[str],
    is_data: bool,  # noqa: FBT001 - one of three columns
) -> None:
    """Addresses of arguments and of the stack are public."""
    function, access = last(code, instruction_set)
    assert any(function.data_source(len(code) - 1, register) for register in access.addresses) == is_data


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in PUBLIC.items()])
def test_constants_and_arguments_are_public(code: list[str]) -> None:
    """Their sums are public too, even after they were spilled."""
    assert data_source(code) is None


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in DATA.items()])
def test_what_was_loaded_is_data(code: list[str]) -> None:
    """Results of vectors and calls are data too, on every path to the flags or a jump."""
    assert data_source(code) is not None


def test_data_that_is_asked_for_twice_has_the_same_source() -> None:
    """The second search remembers the result of the first."""
    load = "ldrb w8, [x0]"
    function, _ = last([load, "cbz x8, f0 <f+0xf0>", "mov x9, x8", "cbz x1, f0 <f+0xf0>", "cbz x9, f0 <f+0xf0>"])
    found = [function.data_source(place, function.instructions[place].condition) for place in (1, 3, 4)]
    assert found == [function.instructions[0], None, function.instructions[0]]


def test_functions_of_tables_are_searched() -> None:
    """A call of a method of a `dyn` type names no function."""
    heads = ["0 <pqc_search::slhdsa>:", "8 <pqc_simd::leaf>:", "10 <pqc_simd::kernel>:", "18 <pqc_simd::other>:"]
    bodies = ["0:\tblr\tx8", "8:\tbl\t10 <pqc_simd::kernel>", "10:\tret", "18:\tret"]
    text = "\n".join(f"{head}\n  {body}" for head, body in zip(heads, bodies, strict=True))
    program = {function.name: [function] for function in functions(text, Aarch64)}
    found = secret_path(program, {8}, re.compile("(?!)"))
    assert [function.name for function in found] == ["pqc_simd::kernel", "pqc_simd::leaf"]


@pytest.mark.parametrize(("mnemonic", "divides"), [("udiv", True), ("sdiv", True), ("fdiv", True), ("umull", False)])
def test_divisions_are_known(mnemonic: str, divides: bool) -> None:  # noqa: FBT001 - one of two columns
    """Their time depends on their operands."""
    assert Aarch64(0, mnemonic, ["x0", "x1", "x2"]).divides == divides
