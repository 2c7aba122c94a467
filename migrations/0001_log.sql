-- The log: one table of facts, appended by one function, changed by nobody.

-- What the roles of the database may do. They cannot log in: a connection assumes one (connection option `role`).
do $$
declare wanted text;
begin
  foreach wanted in array array['evently_writer', 'evently_projector', 'evently_reader'] loop
    begin
      execute format('create role %I nologin', wanted);
    exception when duplicate_object or unique_violation then null; -- roles belong to the cluster, not to the database
    end;
  end loop;
end $$;

create table events (
  aggregate_type text        not null check (aggregate_type <> ''),
  aggregate_id   text        not null check (aggregate_id <> ''),
  sequence       bigint      not null check (sequence >= 1),
  event_type     text        not null check (event_type <> ''),
  event_version  text        not null check (event_version <> ''),
  payload        json        not null,
  metadata       json        not null,
  position       bigint      not null check (position >= 1),
  recorded_at    timestamptz not null default now(),
  constraint events_pkey primary key (aggregate_type, aggregate_id, sequence),
  constraint events_position_key unique (position)
);
comment on table events is 'The log. Position is dense and commit-ordered: whoever sees p sees all before it.';
-- Positions grow with time, so that a few bytes a range of pages find a period.
create index events_recorded_at on events using brin (recorded_at) with (pages_per_range = 16, autosummarize = on);

create function refuse_change_of_log() returns trigger language plpgsql as $$
begin
  raise exception 'the log is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger events_append_only before update or delete on events
  for each row execute function refuse_change_of_log();
create trigger events_never_truncated before truncate on events
  for each statement execute function refuse_change_of_log();

-- Appends units of work. Arrays run parallel, one element a fact; `units` numbers the unit of each fact, ascending.
-- Answers for each unit its last position, or null where another writer had one of its sequences.
-- One call is one autocommit statement: the advisory lock is held until its commit, so that positions are dense and
-- become visible in order. The lock is taken in a statement of its own: the next statement's snapshot sees all that was
-- committed under it.
create function append_facts(units int[], types text[], ids text[], sequences bigint[], names text[],
                             versions text[], payloads text[], metas text[])
returns table (unit int, last_position bigint) language plpgsql as $$
declare
  base bigint;
  each int;
  appended bigint;
begin
  perform pg_advisory_xact_lock(4711);
  select coalesce(max(position), 0) into base from events;
  begin -- nearly always: everything at once
    insert into events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    select base + f.o, f.t, f.i, f.s, f.e, f.v, f.p::json, f.m::json
      from unnest(types, ids, sequences, names, versions, payloads, metas)
           with ordinality as f(t, i, s, e, v, p, m, o);
    return query select g.u, base + max(g.o) from unnest(units) with ordinality as g(u, o) group by g.u;
    return;
  exception when unique_violation then null;
  end;
  for each in select distinct g.u from unnest(units) as g(u) order by 1 loop -- somebody was faster: unit by unit
    begin
      insert into events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
      select base + row_number() over (order by f.o), f.t, f.i, f.s, f.e, f.v, f.p::json, f.m::json
        from unnest(units, types, ids, sequences, names, versions, payloads, metas)
             with ordinality as f(u, t, i, s, e, v, p, m, o)
       where f.u = each;
      get diagnostics appended = row_count;
      base := base + appended;
      unit := each; last_position := base;
    exception when unique_violation then
      unit := each; last_position := null;
    end;
    return next;
  end loop;
end $$;

-- State that was folded from a stream once, so that the next load need not start at the beginning. Never the truth.
create table snapshots (
  aggregate_type text        not null,
  aggregate_id   text        not null,
  schema_version int         not null check (schema_version >= 1),
  sequence       bigint      not null check (sequence >= 1),
  state          bytea       not null,
  sha256         bytea       not null check (length(sha256) = 32),
  taken_at       timestamptz not null default now(),
  primary key (aggregate_type, aggregate_id, schema_version)
);

revoke all on events, snapshots from public;
grant select, insert on events to evently_writer;
grant select, insert, update, delete on snapshots to evently_writer;
grant select on events, snapshots to evently_projector, evently_reader;
