//! Where a record lies, packed small enough for the index.

/// Records start at multiples of this, so an offset within a segment fits 21 bits.
pub const UNIT_BYTES: usize = 32;
/// Segment numbers are below this; they are used again once their segment is gone.
pub const SEGMENT_NUMBERS: u32 = (1 << 18) - 1;
/// A segment's last record starts below this many bytes.
pub const SEGMENT_BYTES_MAX: u64 = (1 << 21) * UNIT_BYTES as u64;

/// The start of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Number of its segment.
    pub segment: u32,
    /// Offset in the segment, in units of [`UNIT_BYTES`].
    pub unit: u32,
}

impl Location {
    /// Offset in the segment in bytes.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.unit as u64 * UNIT_BYTES as u64
    }

    /// The location at `offset` bytes, a multiple of [`UNIT_BYTES`] below [`SEGMENT_BYTES_MAX`].
    #[must_use]
    pub fn at(segment: u32, offset: u64) -> Self {
        let unit = u32::try_from(offset / UNIT_BYTES as u64).expect("segments are bounded");
        Self { segment, unit }
    }
}

/// A record's length, rounded up to one of 512 steps: never too short, at most a sixteenth too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LengthCode(u16);

const MANTISSA_BITS: u32 = 4;
const MANTISSA: u64 = 1 << MANTISSA_BITS;

impl LengthCode {
    /// The smallest code whose length holds `bytes`.
    #[must_use]
    pub fn covering(bytes: usize) -> Self {
        let units = (bytes as u64).div_ceil(UNIT_BYTES as u64);
        if units < MANTISSA {
            return Self(u16::try_from(units).expect("below 16"));
        }
        let mut exponent = u64::from(units.ilog2() - MANTISSA_BITS);
        let mut mantissa = units.div_ceil(1 << exponent);
        if mantissa == 2 * MANTISSA {
            mantissa = MANTISSA;
            exponent += 1;
        }
        let code = (exponent + 1) << MANTISSA_BITS | (mantissa - MANTISSA);
        Self(u16::try_from(code).expect("a body of 1 GiB has exponent 21"))
    }

    /// Bytes that this code stands for.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        let code = self.0 as u64;
        let exponent = code >> MANTISSA_BITS;
        let units = if exponent == 0 { code } else { (MANTISSA + code % MANTISSA) << (exponent - 1) };
        units * UNIT_BYTES as u64
    }

    /// Nine bits.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0 as u32
    }

    /// The inverse of [`LengthCode::code`].
    #[must_use]
    pub fn from_code(code: u32) -> Self {
        Self(u16::try_from(code & 0x1ff).expect("masked to nine bits"))
    }
}

/// A record's place and the bytes to read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Where it starts.
    pub location: Location,
    /// How much to read, and what it counts for in its segment.
    pub length: LengthCode,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::LengthCode;

    proptest! {
        #[test]
        fn a_length_code_covers_and_wastes_little(bytes in 1usize..=1 << 30) {
            let code = LengthCode::covering(bytes);
            let covered = code.bytes();
            prop_assert!(covered >= bytes as u64);
            prop_assert!(covered < bytes as u64 + bytes as u64 / 16 + 64);
            prop_assert_eq!(LengthCode::from_code(code.code()), code);
        }
    }
}
