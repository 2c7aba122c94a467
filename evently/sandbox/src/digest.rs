//! SHA-256 over several parts: names of things, fingerprints of requests, and the dice of chaos.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};

/// Bytes of a name: 128 bits never meet by chance.
const NAME_BYTES: usize = 16;

/// The digest of a list of parts. Each part goes in with its length, so no two lists look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of `parts` in their order.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// `prefix` and 32 hexadecimal digits.
    pub(crate) fn name(&self, prefix: &str) -> String {
        let mut name = prefix.to_owned();
        for byte in self.0.iter().take(NAME_BYTES) {
            let _ = write!(name, "{byte:02x}"); // writing to a string does not fail
        }
        name
    }

    /// A number that is as good as drawn by lot.
    pub(crate) fn number(&self) -> usize {
        self.0
            .iter()
            .take(size_of::<u32>())
            .fold(0, |number, byte| (number << 8) | usize::from(*byte))
    }
}
