//! Ids of commands that processes issue, derived from the fact that they follow from.

use event_store::Position;
use uuid::Uuid;

/// Namespace of the ids of commands that processes issue (RFC 9562, 5.5).
const COMMANDS: Uuid = Uuid::from_u128(0x3a0d_9d52_7e0e_4b5a_8a51_5f0e_62f5_1b6c);

/// The id of the command that `process` issues for `subject` because of the fact at `cause`: the same however often.
pub fn command_id(process: &str, cause: Position, subject: Uuid) -> Uuid {
    let mut name = Vec::with_capacity(process.len() + 24);
    name.extend_from_slice(&cause.get().to_be_bytes());
    name.extend_from_slice(subject.as_bytes());
    name.extend_from_slice(process.as_bytes());
    Uuid::new_v5(&COMMANDS, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_the_same_id_however_often_it_is_issued() {
        let id =
            |process, cause, subject| command_id(process, Position::new(cause), Uuid::from_u128(subject));
        assert_eq!(id("payment", 7, 1), id("payment", 7, 1));
        for other in [id("refund", 7, 1), id("payment", 8, 1), id("payment", 7, 2)] {
            assert_ne!(id("payment", 7, 1), other);
        }
    }
}
