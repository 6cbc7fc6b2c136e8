/* Exchanges keys, signs, verifies and counts in memory, and says so. Returns the exit code. */
#ifndef DEMO_H
#define DEMO_H

int demo(void);

#endif
