// The commands of the program.

#ifndef COMMANDS_HPP
#define COMMANDS_HPP

#include <cstdint>
#include <string>
#include <vector>

// Runs a command and returns the exit code: 0, or 1 for a signature that is not valid. Throws for any other failure.
int run(std::vector<std::string> arguments);

// Exchanges keys, signs, verifies and counts in memory, and prints each step. `flags` is 0 or PQC_KEY_*.
void demo(std::uint32_t flags);

#endif  // COMMANDS_HPP
