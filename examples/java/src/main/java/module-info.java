/** ML-KEM, ML-DSA, SLH-DSA, X-Wing and composite signatures through the C library pqc_ffi. Run it with --enable-native-access=qynauth.pqc. */
module qynauth.pqc {
    exports qynauth.pqc;
}
