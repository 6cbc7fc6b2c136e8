/** ML-KEM, ML-DSA and X-Wing through the C library pqc_ffi. Run it with --enable-native-access=qynauth.pqc. */
module qynauth.pqc {
    exports qynauth.pqc;
}
