"""A demonstration of `qynauth_pqc.auth`: people log in with ML-DSA keys and get tokens in the mode of the policy."""
