//! The constants of the transform, which the compiler computes.

/// The modulus.
pub(crate) const Q: i16 = 3329;

/// The inverse of q modulo 2^16.
pub(crate) const Q_INVERSE: i16 = -3327;

/// Constants for each lane, as [`super::multiply`] takes them.
#[repr(C, align(64))]
pub(crate) struct Constants<const N: usize> {
    pub(crate) value: [[i16; 32]; N],
    /// The value times the inverse of q, modulo 2^16.
    pub(crate) quotient: [[i16; 32]; N],
}

/// The residue of x in -1664..=1664.
pub(crate) const fn centred(x: i64) -> i16 {
    let residue = x.rem_euclid(Q as i64);
    (if residue > 1664 { residue - Q as i64 } else { residue }) as i16
}

pub(crate) const fn power(base: i64, exponent: u32) -> i64 {
    let (mut result, mut step) = (1, 0);
    while step < exponent {
        result = result * base % Q as i64;
        step += 1;
    }
    result
}

/// 2^16, Montgomery's factor.
pub(crate) const R: i64 = 1 << 16;

/// The factor of the inverse: 1/128, and R twice, once for `product` and once for the multiplication with it.
pub(crate) const SCALE: i64 = 3303 * (R * R % Q as i64) % Q as i64;

/// The inverse of R modulo q.
const POWER_MINUS_16: i64 = power(R % Q as i64, Q as u32 - 2);

/// ζ^BitRev7(i) times R, where ζ = 17 (FIPS 203, appendix A).
pub(crate) const ZETAS: [i16; 128] = {
    let mut zetas = [0; 128];
    let mut i = 0_u8;
    while i < 128 {
        zetas[i as usize] = centred(power(17, (i.reverse_bits() >> 1) as u32) * R);
        i += 1;
    }
    zetas
};

/// The ζ of the last layer of the inverse times the scale.
pub(crate) const SCALED_ZETA: i16 = centred(ZETAS[1] as i64 * SCALE % Q as i64 * POWER_MINUS_16);

const fn with_quotients<const N: usize>(value: [[i16; 32]; N]) -> Constants<N> {
    let mut quotient = [[0; 32]; N];
    let mut i = 0;
    while i < 32 * N {
        quotient[i / 32][i % 32] = value[i / 32][i % 32].wrapping_mul(Q_INVERSE);
        i += 1;
    }
    Constants { value, quotient }
}

/// ζ for the layer of bit `layer` and the coefficient at `index`; Algorithm 10 (`inverse`) counts its ζ downwards.
pub(crate) const fn zeta(layer: u32, index: usize, inverse: bool) -> i16 {
    let (first, block) = (1 << (7 - layer), index >> (layer + 1));
    ZETAS[if inverse { 2 * first - 1 - block } else { first + block }]
}

/// The index of the coefficient in a lane; see the [order](super).
pub(crate) const fn index_at(vector: usize, lane: usize) -> usize {
    (lane >> 4) << 7 | (lane >> 1 & 7) << 4 | vector << 1 | lane & 1
}

/// The constants of layer 4, before the transposition: bits 6 and 5 number the vector, bit 7 the row.
const fn layer_4(inverse: bool) -> Constants<4> {
    let mut value = [[0; 32]; 4];
    let mut i = 0;
    while i < 128 {
        value[i / 32][i % 32] = zeta(4, (i % 32 / 16) << 7 | (i / 32) << 5, inverse);
        i += 1;
    }
    with_quotients(value)
}

/// The constants of a layer after the transposition: for 1, 2 or 4 vectors, numbered by the bits above the layer.
const fn inner_layer<const N: usize>(layer: u32, inverse: bool) -> Constants<N> {
    let mut value = [[0; 32]; N];
    let mut i = 0;
    while i < 32 * N {
        value[i / 32][i % 32] = zeta(layer, index_at((i / 32) << layer, i % 32), inverse);
        i += 1;
    }
    with_quotients(value)
}

/// R for b0 and R g for b1 in each pair, where g = ζ^(2 BitRev7(i) + 1) for pair i.
const fn moduli() -> Constants<8> {
    let mut value = [[0; 32]; 8];
    let mut i = 0;
    while i < 256 {
        let index = index_at(i / 32, i % 32);
        let exponent = 2 * ((index as u8 >> 1).reverse_bits() >> 1) as u32 + 1;
        value[i / 32][i % 32] = centred(if index & 1 == 0 { R } else { R * power(17, exponent) });
        i += 1;
    }
    with_quotients(value)
}

pub(crate) static LAYER_4: Constants<4> = layer_4(false);
pub(crate) static LAYER_3: Constants<1> = inner_layer(3, false);
pub(crate) static LAYER_2: Constants<2> = inner_layer(2, false);
pub(crate) static LAYER_1: Constants<4> = inner_layer(1, false);
pub(crate) static INVERSE_LAYER_4: Constants<4> = layer_4(true);
pub(crate) static INVERSE_LAYER_3: Constants<1> = inner_layer(3, true);
pub(crate) static INVERSE_LAYER_2: Constants<2> = inner_layer(2, true);
pub(crate) static INVERSE_LAYER_1: Constants<4> = inner_layer(1, true);
pub(crate) static MODULI: Constants<8> = moduli();
