// Command otherabi replaces a function of the library, so that it seems to have another binary interface.
package main

// #include <stdint.h>
// uint32_t ffi_abi_version(void) { return 99; }
import "C"

import _ "example.com/qynauth/pqc"

func main() {}
