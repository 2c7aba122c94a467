//! Lower-case hex digits, into place: every request writes its ids.

/// Writes `bytes` into `text`, which is twice as long.
pub(super) fn write_hex(bytes: &[u8], text: &mut [u8]) {
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [byte >> 4, byte & 15].map(|digit| {
            if digit < 10 {
                b'0' + digit
            } else {
                b'a' - 10 + digit
            }
        });
    }
}
