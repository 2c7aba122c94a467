-- The read tables. They live in a schema of their own, which a rebuild makes anew beside and swaps: code names them
-- without schema and sets `search_path`.

create schema read;

create table read.checkpoints (
  projection text   primary key,
  position   bigint not null check (position >= 0)
);

create table read.parked_streams (
  projection     text        not null,
  aggregate_type text        not null,
  aggregate_id   text        not null,
  position       bigint      not null,
  error          text        not null,
  parked_at      timestamptz not null default now(),
  primary key (projection, aggregate_type, aggregate_id)
);
comment on table read.parked_streams is 'Streams with a fact that could not be applied; what follows it waits for a rebuild.';

create table read.events (
  event_id        uuid        primary key,
  organizer_id    uuid        not null,
  status          text        not null check (status in ('draft', 'published')),
  title           text        not null,
  description     text        not null,
  category        text        not null,
  venue           text        not null,
  city            text        not null,
  time_zone       text        not null,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  currency        text        not null,
  buyer_seats_max int         not null,
  sales_from      timestamptz,
  sales_until     timestamptz,
  plan            json,
  zones           json        not null default '[]',
  created_at      timestamptz not null,
  published_at    timestamptz,
  sequence        bigint      not null,
  position        bigint      not null,
  search          tsvector    generated always as (to_tsvector('simple', title || ' ' || description || ' ' || category
                                                               || ' ' || venue || ' ' || city)) stored
);
comment on column read.events.sales_until is 'With sales_from it tells whether the event is on sale at a moment.';
create index events_by_start on read.events (starts_at, event_id);
create index events_by_organizer on read.events (organizer_id, created_at);
create index events_by_search on read.events using gin (search);

create table read.sections (
  event_id     uuid   not null,
  section_id   text   collate "C" not null,
  ordinal      int    not null,
  name         text   not null,
  category     text,
  price_amount bigint not null,
  seated       bool   not null,
  capacity     int    not null,
  row_count    int    not null default 0,
  held         int    not null default 0,
  sold         int    not null default 0,
  position     bigint not null,
  primary key (event_id, section_id)
);
comment on column read.sections.ordinal is 'Ascending in the order of the plan, with gaps.';
comment on column read.sections.position is 'Moves with every change of the section''s counts and of its rows in seats.';

create table read.seat_rows (
  event_id   uuid   not null,
  section_id text   collate "C" not null,
  ordinal    int    not null,
  seats      json   not null,
  primary key (event_id, section_id, ordinal)
);
comment on table read.seat_rows is 'The static plan: rows as imported, front to back within a section.';
comment on column read.seat_rows.seats is 'The whole row: zone, row_number, seats and whatever else the plan says of it.';

create table read.seats (
  event_id   uuid   not null,
  seat_id    text   collate "C" not null,
  section_id text   collate "C" not null,
  booking_id uuid   not null,
  state      text   not null check (state in ('held', 'sold')),
  position   bigint not null,
  primary key (event_id, seat_id)
);
comment on table read.seats is 'Seats that are not free; an absent seat is free.';

create table read.bookings (
  booking_id   uuid        primary key,
  event_id     uuid        not null,
  account_id   uuid        not null,
  reference    text        not null,
  status       text        not null check (status in ('held', 'released', 'expired', 'confirmed')),
  lines        json        not null,
  quantity     int         not null,
  total_amount bigint      not null,
  currency     text        not null,
  expires_at   timestamptz not null,
  extended     bool        not null default false,
  placed_at    timestamptz not null,
  ended_at     timestamptz,
  sequence     bigint      not null,
  position     bigint      not null
);
create index bookings_by_account on read.bookings (account_id, placed_at desc, booking_id desc);
create index bookings_by_event on read.bookings (event_id, placed_at);

-- A rebuild makes schemas; only the projector may.
do $$ begin execute format('grant create on database %I to evently_projector', current_database()); end $$;
alter schema read owner to evently_projector;
do $$
declare each record;
begin
  for each in select tablename from pg_tables where schemaname = 'read' loop
    execute format('alter table read.%I owner to evently_projector', each.tablename);
  end loop;
end $$;
grant usage on schema read to evently_reader;
grant select on all tables in schema read to evently_reader;
alter default privileges for role evently_projector grant select on tables to evently_reader;
alter default privileges for role evently_projector grant usage on schemas to evently_reader;
