// Counts the instructions that a program executes under qemu between the call of its function `counted` and the return from it,
// without the instructions of its libraries. Each return logs a count.
//
// qemu's header for plugins is in no package, so the used declarations are repeated here, in version 1 of the interface.

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_outs(const char *text);
uint64_t qemu_plugin_start_code(void);
uint64_t qemu_plugin_end_code(void);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t number);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*callback)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation, void *number, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, void (*callback)(unsigned, void *), int flags,
                                            void *data);

EXPORT int qemu_plugin_version = 1;

static const uint32_t RET = 0xd65f03c0;

static uint64_t count, first;

static void begin(unsigned cpu, void *data) {
    (void)cpu, (void)data;
    count = 0;
}

static void end(unsigned cpu, void *data) {
    (void)cpu, (void)data;
    char line[32];
    snprintf(line, sizeof line, "%" PRIu64 "\n", count);
    qemu_plugin_outs(line);
}

static void translated(uint64_t id, struct qemu_plugin_tb *block) {
    (void)id;
    for (size_t number = 0; number < qemu_plugin_tb_n_insns(block); number++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, number);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        if (address < qemu_plugin_start_code() || address >= qemu_plugin_end_code()) {
            continue;
        }
        const char *symbol = qemu_plugin_insn_symbol(instruction);
        if (symbol && strstr(symbol, "pqc_bench7counted")) {
            if (!first) {
                first = address;
            }
            if (address == first) {
                qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
            }
            if (!memcmp(qemu_plugin_insn_data(instruction), &RET, sizeof RET)) {
                qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, QEMU_PLUGIN_CB_NO_REGS, NULL);
            }
        }
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &count, 1);
    }
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv) {
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
