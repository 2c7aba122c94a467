//! The request that this thread works on, so that a log line can name it.

use std::cell::Cell;

use super::context::CorrelationId;

thread_local! {
    static CURRENT: Cell<Option<CorrelationId>> = const { Cell::new(None) };
}

/// The correlation id of the request that this thread works on.
pub fn correlation_id() -> Option<CorrelationId> {
    CURRENT.get()
}

/// Does `work`, which does not unwind, as part of the request `id`.
pub(super) fn working_on<T>(id: CorrelationId, work: impl FnOnce() -> T) -> T {
    let outer = CURRENT.replace(Some(id));
    let done = work();
    CURRENT.set(outer);
    done
}
