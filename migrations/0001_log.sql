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

-- `collate "C"`: names and ids are compared byte by byte, which is several times as fast as by a language's rules.
create table events (
  aggregate_type text        collate "C" not null check (aggregate_type <> ''),
  aggregate_id   text        collate "C" not null check (aggregate_id <> ''),
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

-- Refuses facts, just inserted, that stand beyond the end of their stream: their writer had seen facts that the log does
-- not hold, as after the log was restored from a backup. One lookup a stream, none for a new one.
create function refuse_gaps(types text[], ids uuid[], sequences bigint[]) returns void language plpgsql as $$
begin
  if exists (
    select from (select f.t, f.i, min(f.s) as first, max(f.s) as last, count(*) as facts
                   from unnest(types, ids, sequences) as f(t, i, s) where f.s > 1 group by f.t, f.i) as added
     where added.last - added.first >= added.facts
        or (select e.sequence from public.events as e
             where e.aggregate_type = added.t and e.aggregate_id = added.i::text and e.sequence = added.first - 1) is null
  ) then
    raise exception 'a fact stands beyond the end of its stream' using errcode = 'EV001';
  end if;
end $$;

-- Appends units of work. Arrays run parallel, one element a fact; `units` numbers the unit of each fact, ascending.
-- Answers for each unit its last position, or null where it conflicts: another writer had one of its places, or the
-- stream does not reach up to what its writer believes to continue.
-- One call is one autocommit statement: the advisory lock is held until its commit, so that positions are dense and
-- become visible in order. The lock is taken in a statement of its own: the next statement's snapshot sees all that was
-- committed under it.
create function append_facts(units int[], types text[], ids uuid[], sequences bigint[], names text[],
                             versions text[], payloads text[], metas text[])
returns table (unit int, last_position bigint) language plpgsql as $$
declare
  base bigint;
  each int;
  facts int[];
  lost uuid[] := '{}';
  violated text;
begin
  perform pg_advisory_xact_lock(4711); -- the log's lock: a number that nothing else in this database locks
  select coalesce(max(position), 0) into base from public.events;
  begin -- nearly always: everything at once
    insert into public.events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
    select base + f.o, f.t, f.i, f.s, f.e, f.v, f.p::json, f.m::json
      from unnest(types, ids, sequences, names, versions, payloads, metas)
           with ordinality as f(t, i, s, e, v, p, m, o);
    perform refuse_gaps(types, ids, sequences);
    return query select g.u, base + max(g.o) from unnest(units) with ordinality as g(u, o) group by g.u;
    return;
  exception
    when unique_violation then
      get stacked diagnostics violated = constraint_name;
      if violated <> 'events_pkey' then raise; end if;
    when sqlstate 'EV001' then null; -- of refuse_gaps
  end;
  for each, facts in -- somebody was faster: unit by unit
    select g.u, array_agg(g.o order by g.o) from unnest(units) with ordinality as g(u, o) group by g.u order by g.u
  loop
    unit := each;
    last_position := null;
    -- What was decided upon a lost unit is lost with it, even where its own places are still free.
    if not (select array_agg(ids[o]) && lost from unnest(facts) as o) then
      begin
        insert into public.events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        select base + f.n, types[f.o], ids[f.o], sequences[f.o], names[f.o], versions[f.o], payloads[f.o]::json, metas[f.o]::json
          from unnest(facts) with ordinality as f(o, n);
        perform refuse_gaps((select array_agg(types[o] order by o) from unnest(facts) as o),
                            (select array_agg(ids[o] order by o) from unnest(facts) as o),
                            (select array_agg(sequences[o] order by o) from unnest(facts) as o));
        base := base + cardinality(facts);
        last_position := base;
      exception
        when unique_violation then
          get stacked diagnostics violated = constraint_name;
          if violated <> 'events_pkey' then raise; end if;
        when sqlstate 'EV001' then null; -- of refuse_gaps
      end;
    end if;
    if last_position is null then
      lost := lost || (select array_agg(ids[o]) from unnest(facts) as o);
    end if;
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
