//! Amounts as Kubernetes writes them (`10Gi`, `1.5G`), in bytes: the client library keeps them as text, and
//! comparing two of them, or telling a node, needs the number.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Kubernetes itself can count no further.
const MOST: u128 = i64::MAX as u128;
/// More digits than [`MOST`] has say nothing more.
const MOST_DIGITS: usize = 19;

/// A text that is not an amount of bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBytes {
    /// It does not follow the syntax.
    #[error("`{0}` is not an amount; write a number with Ki, Mi, Gi or Ti, for example 10Gi")]
    Malformed(String),
    /// It follows the syntax and is beyond what Kubernetes can count.
    #[error("`{0}` is too large; the largest amount is just below 8Ei")]
    TooLarge(String),
}

/// The bytes that `quantity` names, rounded up.
///
/// # Errors
/// [`NotBytes`], which says what to write instead.
pub fn bytes(quantity: &Quantity) -> Result<u64, NotBytes> {
    let too_large = || NotBytes::TooLarge(quantity.0.clone());
    let (times, over) = fraction(quantity)?;
    let bytes = times.div_ceil(over);
    if bytes > MOST { Err(too_large()) } else { u64::try_from(bytes).map_err(|_| too_large()) }
}

/// The same text for each spelling of an amount, in thousandths as CPU is counted; what cannot be read stays as it is.
pub(crate) fn canonical(quantity: &Quantity) -> Quantity {
    let thousandths =
        fraction(quantity).ok().and_then(|(times, over)| Some(times.checked_mul(1_000)?.div_ceil(over)));
    thousandths.map_or_else(|| quantity.clone(), |thousandths| Quantity(format!("{thousandths}m")))
}

/// The amount as dividend and divisor.
fn fraction(quantity: &Quantity) -> Result<(u128, u128), NotBytes> {
    let text = quantity.0.as_str();
    let malformed = || NotBytes::Malformed(text.to_owned());
    let too_large = || NotBytes::TooLarge(text.to_owned());
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if number.trim_matches('.').is_empty() || fraction.contains('.') || fraction.len() > MOST_DIGITS {
        return Err(malformed());
    }
    let (times, over) = scale(suffix).ok_or_else(malformed)?;
    if significant.is_empty() {
        return Ok((0, 1));
    }
    if significant.len() > MOST_DIGITS {
        return Err(too_large());
    }
    let mantissa: u128 = significant.parse().map_err(|_| malformed())?;
    let places = u32::try_from(fraction.len()).map_err(|_| too_large())?;
    let divisor =
        10_u128.checked_pow(places).and_then(|tens| tens.checked_mul(over)).ok_or_else(too_large)?;
    Ok((mantissa.checked_mul(times).ok_or_else(too_large)?, divisor))
}

/// What a suffix multiplies and divides by; `None` if there is no such suffix.
fn scale(suffix: &str) -> Option<(u128, u128)> {
    let power = |base: u128, exponent: u32| (base.pow(exponent), 1);
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => power(1_000, 1),
        "M" => power(1_000, 2),
        "G" => power(1_000, 3),
        "T" => power(1_000, 4),
        "P" => power(1_000, 5),
        "E" => power(1_000, 6),
        "Ki" => power(1_024, 1),
        "Mi" => power(1_024, 2),
        "Gi" => power(1_024, 3),
        "Ti" => power(1_024, 4),
        "Pi" => power(1_024, 5),
        "Ei" => power(1_024, 6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            // 10^18 is the last power of ten that Kubernetes can count to.
            let tens = 10_u128.pow(exponent.unsigned_abs().min(19));
            if exponent < 0 { (1, tens) } else { (tens, 1) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_an_amount() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1),
            ("+5", 5),
            ("128974848", 128_974_848),
            ("129e6", 129_000_000),
            ("129E6", 129_000_000),
            ("5e-1", 1),
            ("1k", 1_000),
            ("1Ki", 1_024),
            ("10Gi", 10 << 30),
            ("1.5Gi", 1536 << 20),
            (".5Ki", 512),
            ("5.", 5),
            ("0.0000000000000000001", 1),
            ("1500m", 2),
            ("1n", 1),
            ("1E", 1_000_000_000_000_000_000),
            ("7Ei", 7 << 60),
            ("000000000000000000000000001Ki", 1_024),
            ("9223372036854775807", i64::MAX as u64),
        ] {
            assert_eq!(bytes(&Quantity(text.to_owned())), Ok(expected), "{text}");
        }
    }

    #[test]
    fn spellings_of_an_amount() {
        for (one, other, same) in [
            ("1Gi", "1024Mi", true),
            ("1Gi", "1073741824", true),
            ("0.5", "500m", true),
            ("1", "1000m", true),
            ("1e3", "1k", true),
            ("0", "0Mi", true),
            ("1Gi", "1G", false),
            ("100m", "101m", false),
            ("7Ei", "6Ei", false),
            ("x", "y", false),
        ] {
            let canonical = |text: &str| canonical(&Quantity(text.to_owned()));
            assert_eq!(canonical(one) == canonical(other), same, "{one} {other}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for text in [
            "",
            ".",
            "Gi",
            "-1",
            "1.2.3",
            "10GB",
            "10 Gi",
            "1gi",
            "1e",
            "1e5Gi",
            "0x10",
            "1_000",
            "٣",
            "0.00000000000000000001",
        ] {
            let refused = bytes(&Quantity(text.to_owned()));
            assert_eq!(refused, Err(NotBytes::Malformed(text.to_owned())), "{text}");
        }
        for text in ["8Ei", "9223372036854775808", "99999999999999999999", "1e19", "1e400"] {
            let refused = bytes(&Quantity(text.to_owned()));
            assert_eq!(refused, Err(NotBytes::TooLarge(text.to_owned())), "{text}");
        }
    }
}
