-- Money in the read tables: payments, cancellations and refunds of bookings; what becomes of events on sale; the ledger.

alter table read.bookings drop constraint bookings_status_check;
alter table read.bookings add constraint bookings_status_check check (status in
  ('held', 'awaiting_payment', 'confirmed', 'cancelled', 'refunded', 'released', 'failed', 'expired'));
alter table read.bookings alter column expires_at drop not null;
alter table read.bookings add column policy json;
comment on column read.bookings.lines is 'As placed; what is left of them stands in booking_money, once money or a cancellation came into play.';
comment on column read.bookings.expires_at is 'The deadline of the hold; null from a request to pay on, until the hold goes on.';
comment on column read.bookings.policy is 'Under which conditions the buyer may cancel; null: not at all.';

create table read.booking_money (
  booking_id      uuid   primary key,
  event_id        uuid   not null,
  lines           json   not null,
  quantity        int    not null,
  payment         json,
  attempts_left   int    not null,
  cancelled       json   not null,
  refunds         json   not null,
  paid_amount     bigint not null,
  refunded_amount bigint not null,
  due_amount      bigint not null,
  refunds_open    int    not null,
  refunds_settled int    not null,
  refunds_refused int    not null,
  position        bigint not null
);
comment on table read.booking_money is 'Beside bookings, a row for each that was paid, cancelled or refunded in any part: most of free events have none.';
comment on column read.booking_money.payment is 'The latest attempt to pay.';
comment on column read.booking_money.due_amount is 'What is to be returned and was not yet, in minor units of the booking''s currency, as all amounts here.';
create index booking_money_by_event on read.booking_money (event_id);

alter table read.events drop constraint events_status_check;
alter table read.events add constraint events_status_check check (status in ('draft', 'published', 'cancelled'));
alter table read.events
  add column cancelled_at timestamptz,
  add column cancel_reason text,
  add column policy json,
  add column rescheduled_at timestamptz,
  add column free_until timestamptz;
comment on column read.events.policy is 'Under which conditions who books from now on may cancel; null: not at all.';
comment on column read.events.free_until is 'Until then who booked before rescheduled_at may cancel for nothing.';

create table read.ledger (
  booking_id uuid        not null,
  position   bigint      not null,
  entry      int         not null,
  event_id   uuid        not null,
  account    text        not null check (account in ('gateway', 'sales', 'fees', 'refunds_due')),
  amount     bigint      not null check (amount <> 0),
  currency   text        not null,
  at         timestamptz not null,
  payment_id uuid,
  refund_id  uuid,
  primary key (booking_id, position, entry)
);
comment on table read.ledger is 'Double entry: what each fact moved between accounts. The entries of a fact sum to zero.';
comment on column read.ledger.amount is 'Minor units; above zero a debit, below zero a credit.';
create index ledger_by_event on read.ledger (event_id);

do $$
declare each text;
begin
  foreach each in array array['booking_money', 'ledger'] loop
    execute format('alter table read.%I owner to evently_projector', each);
    execute format('grant select on read.%I to evently_reader', each);
  end loop;
end $$;
