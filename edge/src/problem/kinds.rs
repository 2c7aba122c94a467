//! The one table of problem kinds. A slug is API: it never changes, and docs/problems.md explains it.

use super::Kind;

macro_rules! kinds {
    ($($name:ident $slug:literal $status:literal $title:literal $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub static $name: Kind = Kind { slug: $slug, status: $status, title: $title, meaning: $meaning };
        )*

        /// Every kind, in the order of docs/problems.md.
        pub static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    // The request itself.
    UNREADABLE_BODY "unreadable-body" 400 "The body cannot be read"
        "The body is not well-formed JSON in UTF-8.";
    BAD_REQUEST "bad-request" 400 "The request cannot be read"
        "A header, a path or another part of the request is malformed; `detail` names it.";
    MISSING_IDEMPOTENCY_KEY "missing-idempotency-key" 400 "An Idempotency-Key is required"
        "The operation needs an Idempotency-Key header of 1 to 255 visible ASCII characters.";
    UNAUTHENTICATED "unauthenticated" 401 "A valid access token is required"
        "The request has no bearer token, or one that is forged, expired or revoked; WWW-Authenticate tells which.";
    FORBIDDEN "forbidden" 403 "Not allowed"
        "The caller is known, but its role may not do this.";
    NOT_FOUND "not-found" 404 "Not found"
        "Nothing is here, or it is not yours: the answer does not tell which.";
    METHOD_NOT_ALLOWED "method-not-allowed" 405 "Method not allowed"
        "The resource exists but not for this method; the Allow header lists those that it answers.";
    REQUEST_TIMEOUT "request-timeout" 408 "The request came too slowly"
        "The request was not received in the time allowed.";
    BODY_TOO_LARGE "body-too-large" 413 "The body is too large"
        "The body exceeds the limit of this operation; `limit_bytes` gives it.";
    UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" 415 "Unsupported media type"
        "The body must be sent as application/json.";
    INVALID_BODY "invalid-body" 422 "The body is not valid"
        "The JSON is well-formed but has unknown, missing or impossible members; `errors` points at them.";
    INVALID_PARAMETERS "invalid-parameters" 422 "The query parameters are not valid"
        "A query parameter is unknown, repeated or impossible; `errors` names it.";

    // Preconditions and repetition.
    PRECONDITION_FAILED "precondition-failed" 412 "The resource has changed"
        "If-Match names another version than the current one; `current` gives its entity tag where it is known. Read again, then decide.";
    PRECONDITION_REQUIRED "precondition-required" 428 "If-Match is required"
        "The change needs an If-Match header with the entity tag of the version that it is based on.";
    KEY_REUSED "key-reused" 422 "The Idempotency-Key was used for another request"
        "The same Idempotency-Key came before with another body. Use a new key for a new request.";

    // State and races.
    INVALID_STATE "invalid-state" 409 "Not possible in the present state"
        "The state of the resource does not allow this; `detail` tells the state.";
    NOT_ON_SALE "not-on-sale" 409 "Not on sale"
        "The event is not on sale now: sales have not opened, or have closed.";
    EVENT_CANCELLED "event-cancelled" 409 "The event is cancelled"
        "The event does not take place. What was booked is cancelled and refunded.";
    SEATS_TAKEN "seats-taken" 409 "Seats are taken"
        "Other buyers hold or own some of the seats; `seats` lists them. Nothing was held.";
    SOLD_OUT "sold-out" 409 "Sold out"
        "The section has fewer places left than asked for; `left` gives their number.";
    BELOW_TAKEN "below-taken" 409 "More places are taken"
        "More places of the section are held or sold than it would have; `taken` gives their number.";
    OVER_BUYER_LIMIT "over-buyer-limit" 409 "Over the limit per buyer"
        "With these seats the buyer would have more than the event allows; `max` and `already` give the numbers.";
    PAYMENT_REQUIRED_TO_CONFIRM "payment-required-to-confirm" 409 "Payment is required"
        "The booking has a price, so it is confirmed by its payment and not directly.";
    PAYMENT_DECLINED "payment-declined" 402 "The payment was declined"
        "The payment gateway said no; `reason` is its word for why, `attempts_left` how often another method may be tried while the hold lasts.";
    PAYMENT_UNDER_WAY "payment-under-way" 409 "A payment is under way"
        "Another payment for the booking has no outcome yet. Ask for the booking until it has.";
    PAYMENT_UNAVAILABLE "payment-unavailable" 503 "Payments cannot be made just now"
        "The payment gateway does not answer. Nothing was charged, and the hold was prolonged as far as it may be. Repeat after Retry-After.";
    NOT_CANCELLABLE "not-cancellable" 409 "Cannot be cancelled"
        "The conditions of the sale do not allow the buyer to cancel, or not any more; `until` tells until when they did.";
    HOLD_EXPIRED "hold-expired" 410 "The hold has expired"
        "The booking's hold ended before this request; its seats are free again.";
    UNKNOWN_SEATS "unknown-seats" 422 "Unknown seats"
        "The event has no such seats; `seats` lists them.";
    DUPLICATE_SEATS "duplicate-seats" 422 "Seats named twice"
        "The request names a seat more than once; `seats` lists them.";
    UNKNOWN_SECTION "unknown-section" 422 "Unknown section"
        "The event has no such section.";
    TOO_MANY_SEATS "too-many-seats" 422 "Too many seats"
        "The request names more seats than one booking may have; `max` gives the limit.";
    NO_SEATS "no-seats" 422 "No seats"
        "The request names no seats.";
    INVALID_PLAN "invalid-plan" 422 "The seating plan is not valid"
        "The seating plan cannot be used; `detail` and `errors` tell why.";

    // Accounts.
    INVALID_SIGNATURE "invalid-signature" 401 "The signature is not valid"
        "The notice is not signed with a secret that was agreed on, or not of this time.";
    INVALID_CREDENTIALS "invalid-credentials" 401 "Wrong e-mail address or password"
        "The e-mail address and the password do not belong together. The answer does not say which of them is wrong.";
    WEAK_PASSWORD "weak-password" 422 "The password is too weak"
        "The password is shorter than 15 characters, longer than 128, or well known.";
    TOO_MANY_LOGINS "too-many-logins" 429 "Too many attempts"
        "Too many attempts to log in failed lately. Wait as long as Retry-After says.";

    // Failures.
    INTERNAL "internal" 500 "Something broke"
        "The request failed for a reason that is ours. It is logged under `correlation_id`.";
    OVERLOADED "overloaded" 503 "Too busy"
        "More work is queued than can be done soon. Nothing was changed. Repeat after Retry-After.";
    CONTENDED "contended" 503 "Lost too many races"
        "Others changed the same thing again and again. Nothing was changed. Repeat after Retry-After.";
    UNAVAILABLE "unavailable" 503 "Unavailable"
        "A part that is needed is away, or its answer was lost. Repeat after Retry-After, with the same Idempotency-Key.";
    POSITION_NOT_REACHED "position-not-reached" 503 "Not yet up to date"
        "The data asked for by Evently-Min-Position has not arrived in time. Repeat after Retry-After.";
}

/// The kind with this slug.
pub fn with_slug(slug: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.slug == slug)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn row(kind: &Kind) -> String {
        format!(
            "| `{}` | {} | {} | {} |",
            kind.slug, kind.status, kind.title, kind.meaning
        )
    }

    #[test]
    fn the_document_and_the_table_say_the_same() {
        let document = include_str!("../../../docs/problems.md");
        let documented: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
        let table: Vec<String> = ALL.iter().map(|kind| row(kind)).collect();
        assert_eq!(
            documented,
            table,
            "docs/problems.md should hold these rows:\n{}",
            table.join("\n")
        );
    }

    #[test]
    fn slugs_are_unique_and_kebab_case() {
        let slugs: BTreeSet<&str> = ALL.iter().map(|kind| kind.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        assert!(
            slugs
                .iter()
                .all(|slug| slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
    }

    #[test]
    fn what_a_client_may_make_up_is_no_failure_of_ours() {
        assert!(INTERNAL.is_failure() && UNAVAILABLE.is_failure() && OVERLOADED.is_failure());
        assert!(!POSITION_NOT_REACHED.is_failure() && !NOT_FOUND.is_failure());
    }

    #[test]
    fn every_kind_is_an_error_with_a_meaning() {
        assert!(
            ALL.iter()
                .all(|kind| (400..600).contains(&kind.status) && !kind.meaning.is_empty())
        );
        assert_eq!(with_slug("seats-taken"), Some(&SEATS_TAKEN));
        assert_eq!(with_slug("no-such-kind"), None);
    }
}
