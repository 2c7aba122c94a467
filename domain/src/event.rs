//! The Event aggregate: what people attend, its seating, and who has which seat.

mod aggregate;

pub mod audit;
mod best_available;
pub mod close_sales;
pub mod command;
pub mod create;
pub mod delete_draft;
pub mod details;
pub mod edit_details;
mod evolve;
pub mod facts;
mod holdings;
mod holds;
pub mod import;
pub(crate) mod layout;
pub mod limits;
pub mod open_sales;
pub mod plan;
pub mod publish;
pub mod refusal;
pub(crate) mod seats;
pub mod set_buyer_limit;
mod snapshot;
mod soundness;
pub mod state;
pub mod upcasters;

pub use audit::SeatAudit;
pub use close_sales::CloseSales;
pub use command::{By, EventCommand, decide};
pub use create::{CreateEvent, NewPlaces, NewSection, Seating};
pub use delete_draft::DeleteDraft;
pub use details::EventDetails;
pub use edit_details::EditDetails;
pub use facts::EventFact;
pub use holdings::Holding;
pub use import::{PlanRefusal, SeatingPlan};
pub use open_sales::OpenSales;
pub use publish::PublishEvent;
pub use refusal::EventRefusal;
pub use set_buyer_limit::SetBuyerLimit;
pub use state::{Event, EventStatus, SalesWindow, SectionState};
pub use upcasters::upcasters;
