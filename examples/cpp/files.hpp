// Whole files, as the program reads and writes them.

#ifndef FILES_HPP
#define FILES_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <pqc_ffi.hpp>

std::vector<std::uint8_t> read_file(const std::string &path);

// With access for the owner of the file alone if the bytes are secret.
void write_file(const std::string &path, const pqc::Buffer &bytes, bool secret = false);

#endif  // FILES_HPP
