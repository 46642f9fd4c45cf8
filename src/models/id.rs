//! Ids: a prefix that names the noun, then 26 characters that sort by time.

use uuid::Uuid;

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Mints an id such as `req_01JD…`: the prefix, an underscore, a UUID v7 in ULID's spelling.
pub fn mint(prefix: &str) -> String {
    let bits = Uuid::now_v7().as_u128();
    let mut id = String::with_capacity(prefix.len() + 27);
    id.push_str(prefix);
    id.push('_');
    for place in (0..26).rev() {
        let index = usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0);
        id.push(char::from(ALPHABET[index]));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_they_were_made() {
        let ids: Vec<String> = (0..1000).map(|_| mint("req")).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].len(), 30);
    }
}
