-- What analytics reads: the figures of every event by the hour, how its sections stand, and what is left of each sale.

create table read.analytics_events (
  event_id     uuid        primary key,
  organizer_id uuid        not null,
  title        text        not null,
  currency     text        not null,
  status       text        not null check (status in ('draft', 'published', 'cancelled')),
  starts_at    timestamptz not null,
  ends_at      timestamptz not null,
  sales_from   timestamptz,
  sales_until  timestamptz,
  position     bigint      not null
);
comment on column read.analytics_events.currency is 'Of all amounts of the event, here and in the other tables of analytics.';
create index analytics_events_by_organizer on read.analytics_events (organizer_id);

create table read.analytics_sections (
  event_id   uuid   not null,
  section_id text   collate "C" not null,
  ordinal    int    not null,
  name       text   not null,
  price      bigint not null,
  capacity   int    not null,
  held       int    not null,
  sold       int    not null,
  returned   int    not null,
  position   bigint not null,
  primary key (event_id, section_id)
);
comment on column read.analytics_sections.price is 'What a place costs who books now.';
comment on column read.analytics_sections.sold is 'Sold now, without those that were returned.';
comment on column read.analytics_sections.returned is 'How many places ever were returned after they were sold.';

create table read.analytics_hours (
  event_id           uuid        not null,
  hour               timestamptz not null check (date_trunc('hour', hour, 'UTC') = hour),
  holds              bigint      not null,
  holds_released     bigint      not null,
  holds_expired      bigint      not null,
  places_held        bigint      not null,
  payments_declined  bigint      not null,
  bookings_confirmed bigint      not null,
  bookings_cancelled bigint      not null,
  bookings_reduced   bigint      not null,
  places_sold        bigint      not null,
  places_returned    bigint      not null,
  gross              bigint      not null,
  fees               bigint      not null,
  refunds_due        bigint      not null,
  refunds_paid       bigint      not null,
  late_captured      bigint      not null,
  late_refunded      bigint      not null,
  position           bigint      not null,
  primary key (event_id, hour)
);
comment on table read.analytics_hours is 'What happened to an event within an hour of UTC. Hours in which nothing did have no row.';
comment on column read.analytics_hours.bookings_cancelled is 'Confirmed bookings whose last places were returned in this hour.';
comment on column read.analytics_hours.bookings_reduced is 'Times that some places of a booking were returned and others were left.';
comment on column read.analytics_hours.gross is 'Captured by payments that bought places.';
comment on column read.analytics_hours.fees is 'Kept of what was paid for places that were returned.';
comment on column read.analytics_hours.refunds_due is 'To be paid back for places that were returned in this hour.';
comment on column read.analytics_hours.refunds_paid is 'Paid back in this hour for places that were returned.';
comment on column read.analytics_hours.late_captured is 'Captured when it could buy nothing any more: never revenue, and to be paid back.';
create index analytics_hours_by_hour on read.analytics_hours (hour);

create table read.analytics_sales (
  booking_id  uuid   primary key,
  places_left int    not null check (places_left >= 0),
  position    bigint not null
);
comment on table read.analytics_sales is 'Confirmed bookings, and how many places they still have: with the last one a booking is cancelled.';

do $$
declare each text;
begin
  foreach each in array array['analytics_events', 'analytics_sections', 'analytics_hours', 'analytics_sales'] loop
    execute format('alter table read.%I owner to evently_projector', each);
    execute format('grant select on read.%I to evently_reader', each);
  end loop;
end $$;
