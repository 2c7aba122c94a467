//! What organizers may ask of an Event, and the one door to decide it.

use chrono::{DateTime, Utc};

use crate::event::cancel::{self, CancelEvent};
use crate::event::change_capacity::{self, ChangeCapacity};
use crate::event::change_price::{self, ChangePrice};
use crate::event::close_sales::{self, CloseSales};
use crate::event::create::{self, CreateEvent};
use crate::event::delete_draft::{self, DeleteDraft};
use crate::event::edit_details::{self, EditDetails};
use crate::event::facts::EventFact;
use crate::event::open_sales::{self, OpenSales};
use crate::event::publish::{self, PublishEvent};
use crate::event::refusal::EventRefusal;
use crate::event::reschedule::{self, RescheduleEvent};
use crate::event::set_buyer_limit::{self, SetBuyerLimit};
use crate::event::set_cancellation_policy::{self, SetCancellationPolicy};
use crate::event::state::Event;

/// What organizers may ask of an Event.
#[derive(Clone, Debug, PartialEq)]
pub enum EventCommand {
    Create(CreateEvent),
    Publish(PublishEvent),
    OpenSales(OpenSales),
    CloseSales(CloseSales),
    EditDetails(EditDetails),
    SetBuyerLimit(SetBuyerLimit),
    DeleteDraft(DeleteDraft),
    SetCancellationPolicy(SetCancellationPolicy),
    Reschedule(RescheduleEvent),
    ChangePrice(ChangePrice),
    ChangeCapacity(ChangeCapacity),
    Cancel(CancelEvent),
}

impl EventCommand {
    /// Sets the moment at which the command is decided.
    pub fn set_at(&mut self, at: DateTime<Utc>) {
        match self {
            Self::Create(command) => command.at = at,
            Self::Publish(command) => command.at = at,
            Self::OpenSales(command) => command.at = at,
            Self::CloseSales(command) => command.at = at,
            Self::EditDetails(command) => command.at = at,
            Self::SetBuyerLimit(command) => command.at = at,
            Self::DeleteDraft(command) => command.at = at,
            Self::SetCancellationPolicy(command) => command.at = at,
            Self::Reschedule(command) => command.at = at,
            Self::ChangePrice(command) => command.at = at,
            Self::ChangeCapacity(command) => command.at = at,
            Self::Cancel(command) => command.at = at,
        }
    }
}

/// Decides `command`: the facts that follow from it, none where the Event already is as asked.
pub fn decide(event: &Event, command: &EventCommand) -> Result<Vec<EventFact>, EventRefusal> {
    match command {
        EventCommand::Create(command) => create::decide(event, command),
        EventCommand::Publish(command) => publish::decide(event, command),
        EventCommand::OpenSales(command) => open_sales::decide(event, command),
        EventCommand::CloseSales(command) => close_sales::decide(event, command),
        EventCommand::EditDetails(command) => edit_details::decide(event, command),
        EventCommand::SetBuyerLimit(command) => set_buyer_limit::decide(event, command),
        EventCommand::DeleteDraft(command) => delete_draft::decide(event, command),
        EventCommand::SetCancellationPolicy(command) => set_cancellation_policy::decide(event, command),
        EventCommand::Reschedule(command) => reschedule::decide(event, command),
        EventCommand::ChangePrice(command) => change_price::decide(event, command),
        EventCommand::ChangeCapacity(command) => change_capacity::decide(event, command),
        EventCommand::Cancel(command) => cancel::decide(event, command),
    }
}
