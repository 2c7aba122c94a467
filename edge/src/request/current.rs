//! The ids of the request that this thread works on, so that every log line of its handler can be joined with it.
//!
//! A span would cost each request its creation, whether anything is logged or not; this costs two copies.

use std::cell::Cell;

use super::context::Ids;

thread_local! {
    static CURRENT: Cell<Option<Ids>> = const { Cell::new(None) };
}

/// Does `work`, which must not unwind, on behalf of the request with `ids`.
pub(super) fn on_behalf_of<T>(ids: &Ids, work: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(*ids));
    let done = work();
    CURRENT.set(before);
    done
}

/// The ids of the request that this thread works on; `None` outside of requests.
pub(crate) fn current() -> Option<Ids> {
    // A thread that ends may log after its cell is gone.
    CURRENT.try_with(Cell::get).ok().flatten()
}
