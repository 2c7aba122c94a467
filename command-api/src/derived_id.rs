//! Ids derived from an owner, such as an account, and an Idempotency-Key: a repeated request finds what the first one made.

use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use edge::idempotency::{IdempotencyKey, KEY_LEN_MAX};
use uuid::Uuid;

/// Namespace of Bookings (RFC 9562, 5.5). For ever: changed, it would let a retry book again.
const BOOKINGS: Uuid = Uuid::from_u128(0xd309_68eb_7f36_40a1_9e14_69e9_283c_ed03);

/// Namespace of Events, so that one key may serve a Booking and an Event.
const EVENTS: Uuid = Uuid::from_u128(0x775f_ff6e_ca41_4019_85c7_b316_44e2_0e5a);

/// Namespace of payments.
const PAYMENTS: Uuid = Uuid::from_u128(0x5b0e_1f7c_90d4_4a36_8a9c_2f4d_1c6b_7e11);

/// Namespace of cancellations and their refunds.
const CANCELLATIONS: Uuid = Uuid::from_u128(0xc41d_6a02_4f3e_4d0b_9b57_7e2a_90b3_55d8);

const OWNER_BYTES: usize = 16;

/// The Booking that `account` places with `key`.
pub(crate) fn booking(account: AccountId, key: &IdempotencyKey) -> BookingId {
    BookingId::new(derive(&BOOKINGS, account.uuid(), key))
}

/// The attempt to pay for `booking` that is asked for with `key`.
pub(crate) fn payment(booking: BookingId, key: &IdempotencyKey) -> PaymentId {
    PaymentId::new(derive(&PAYMENTS, booking.uuid(), key))
}

/// The cancellation of places of `booking` that is asked for with `key`, and its refund.
pub(crate) fn cancellation(booking: BookingId, key: &IdempotencyKey) -> RefundId {
    RefundId::new(derive(&CANCELLATIONS, booking.uuid(), key))
}

/// The Event that `account` creates with `key`.
pub(crate) fn event(account: AccountId, key: &IdempotencyKey) -> EventId {
    EventId::new(derive(&EVENTS, account.uuid(), key))
}

/// UUIDv5 over owner ‖ key: the owner's length is fixed, so that no two pairs read the same.
fn derive(namespace: &Uuid, owner: Uuid, key: &IdempotencyKey) -> Uuid {
    let key = key.as_str().as_bytes();
    let mut name = [0; OWNER_BYTES + KEY_LEN_MAX];
    let parts = owner.into_bytes().into_iter().chain(key.iter().copied());
    name.iter_mut().zip(parts).for_each(|(to, byte)| *to = byte);
    Uuid::new_v5(namespace, name.get(..OWNER_BYTES + key.len()).unwrap_or(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::parse(text).unwrap()
    }

    #[test]
    fn the_same_account_and_key_derive_the_same_id_for_ever() {
        let id = booking(account(1), &key("order-1"));
        assert_eq!(id.to_string(), "e9614975-4143-5e1b-9f77-b708e46c8551");
        assert_eq!(id, booking(account(1), &key("order-1")));
    }

    #[test]
    fn another_account_key_or_kind_derives_another_id() {
        let id = booking(account(1), &key("order-1"));
        assert_ne!(id, booking(account(2), &key("order-1")));
        assert_ne!(id, booking(account(1), &key("order-2")));
        assert_ne!(id.uuid(), event(account(1), &key("order-1")).uuid());
        assert_ne!(id, booking(account(1), &key(&"x".repeat(255))));
    }
}
