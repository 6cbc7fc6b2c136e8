// Keys, signatures and shared secrets in files, from C++ through pqc_ffi.hpp.

#include <exception>
#include <iostream>

#include "commands.hpp"

#include <pqc_ffi.hpp>

int main(int argc, char **argv) {
    try {
        pqc::check_abi();
        return run(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception &error) {
        std::cerr << "pqc-demo-cpp: " << error.what() << "\n";
        return 2;
    }
}
