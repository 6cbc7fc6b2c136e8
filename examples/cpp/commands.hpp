// The commands of the program.

#ifndef COMMANDS_HPP
#define COMMANDS_HPP

#include <string>
#include <vector>

// Runs a command and returns the exit code: 0, or 1 for a signature that is not valid. Throws for anything that is wrong.
int run(const std::vector<std::string> &arguments);

// Exchanges a key, signs, verifies and counts in memory, and says so.
void demo();

#endif  // COMMANDS_HPP
