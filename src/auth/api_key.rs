//! The spelling of API keys and other random secrets.
//!
//! A key is `sk-manti-`, 34 random characters of base 62, and six that are their checksum: a leak
//! scanner can tell one without asking us, and a mistyped one is refused without a look-up. Only
//! the SHA-256 digest is kept; with 202 random bits a slow hash would protect nothing.

use aws_lc_rs::{digest, rand};

/// How every key begins.
pub const PREFIX: &str = "sk-manti-";

const RANDOM: usize = 34;
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX.len() + RANDOM + CHECKSUM;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The SHA-256 digest of a secret.
pub type Digest = [u8; 32];

/// Makes a key.
pub fn generate() -> String {
    let random = random(RANDOM);
    let checksum = checksum(random.as_bytes());
    format!("{PREFIX}{random}{checksum}")
}

/// Whether a text is spelled as a key and its checksum fits.
pub fn is_well_formed(text: &str) -> bool {
    if text.len() != LENGTH {
        return false;
    }
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return false;
    };
    let (random, sum) = rest.as_bytes().split_at(RANDOM);
    random.iter().all(u8::is_ascii_alphanumeric) && checksum(random).as_bytes() == sum
}

/// The part of a key that is shown, enough to recognise it by.
pub fn shown(key: &str) -> &str {
    key.get(..PREFIX.len() + 4).unwrap_or(PREFIX)
}

/// The digest of a secret, which stands for it in the database and in caches.
pub fn digest(secret: &str) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    out
}

/// A digest as the database keeps it.
pub fn hex(digest: &Digest) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in digest {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Random characters of base 62, each of the same likelihood.
pub(super) fn random(length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        rand::fill(&mut bytes).expect("the system's randomness does not fail once it has started");
        // 248 is the largest multiple of 62 in a byte: beyond, some characters would be likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let characters = fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        text.extend(characters.take(length - text.len()));
    }
    text
}

/// CRC-32 in six digits of base 62.
fn checksum(random: &[u8]) -> String {
    let mut rest = crc32fast::hash(random);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[usize::try_from(rest % 62).unwrap_or(0)];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_made_key_is_well_formed_and_never_the_same() {
        let keys: HashSet<String> = (0..1000).map(|_| generate()).collect();
        assert_eq!(keys.len(), 1000);
        for key in keys {
            assert_eq!(key.len(), 49);
            assert!(is_well_formed(&key), "{key}");
            assert_eq!(shown(&key).len(), 13);
        }
    }

    #[test]
    fn the_checksum_is_fixed_for_ever() {
        let random = "0123456789ABCDEFGHIJKLMNOPQRSTUVWX";
        assert_eq!(checksum(random.as_bytes()).len(), CHECKSUM);
        assert!(is_well_formed(&format!(
            "{PREFIX}{random}{}",
            checksum(random.as_bytes())
        )));
        assert_eq!(checksum(b"123456789"), "3jZRME");
    }

    #[test]
    fn a_changed_shortened_or_lengthened_key_is_not_well_formed() {
        let key = generate();
        for at in PREFIX.len()..key.len() {
            let mut bytes = key.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_well_formed(&String::from_utf8(bytes).unwrap()), "{at}");
        }
        assert!(!is_well_formed(&key[..48]));
        assert!(!is_well_formed(&format!("{key}0")));
        assert!(!is_well_formed(&hex(&digest(&key))));
        assert!(!is_well_formed(&key.to_uppercase()));
        assert!(!is_well_formed(&format!("{}\0", &key[..48])));
        assert!(!is_well_formed(&format!("{PREFIX}{}", "ä".repeat(20))));
    }
}
