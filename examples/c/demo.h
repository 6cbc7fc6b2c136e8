/* Exchanges keys, signs, verifies and counts in memory, and prints each step. Returns the exit code. */
#ifndef DEMO_H
#define DEMO_H

#include <stdint.h>

int demo(uint32_t flags);

#endif
