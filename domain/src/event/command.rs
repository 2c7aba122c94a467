//! What organizers may ask of an Event, and the one door to decide it.

use chrono::{DateTime, Utc};

use crate::event::facts::EventFact;
use crate::event::refusal::EventRefusal;
use crate::event::state::Event;
use crate::event::{
    cancel, change_capacity, change_price, close_sales, create, delete_draft, edit_details, open_sales,
    publish, reschedule, set_buyer_limit, set_cancellation_policy,
};

/// Each verb with the file that decides it and the name of its command.
macro_rules! verbs {
    ($($verb:ident: $file:ident $command:ident;)*) => {
        /// What organizers may ask of an Event.
        #[derive(Clone, Debug, PartialEq)]
        pub enum EventCommand {
            $($verb($file::$command),)*
        }

        impl EventCommand {
            /// Sets the moment at which the command is decided.
            pub fn set_at(&mut self, at: DateTime<Utc>) {
                match self {
                    $(Self::$verb(command) => command.at = at,)*
                }
            }
        }

        /// Decides `command`: the facts that follow from it, none where the Event already is as asked.
        pub fn decide(event: &Event, command: &EventCommand) -> Result<Vec<EventFact>, EventRefusal> {
            match command {
                $(EventCommand::$verb(command) => $file::decide(event, command),)*
            }
        }
    };
}

verbs! {
    Create: create CreateEvent;
    Publish: publish PublishEvent;
    OpenSales: open_sales OpenSales;
    CloseSales: close_sales CloseSales;
    EditDetails: edit_details EditDetails;
    SetBuyerLimit: set_buyer_limit SetBuyerLimit;
    DeleteDraft: delete_draft DeleteDraft;
    SetCancellationPolicy: set_cancellation_policy SetCancellationPolicy;
    Reschedule: reschedule RescheduleEvent;
    ChangePrice: change_price ChangePrice;
    ChangeCapacity: change_capacity ChangeCapacity;
    Cancel: cancel CancelEvent;
}
