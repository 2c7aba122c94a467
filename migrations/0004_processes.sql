-- What processes have to do and when: kept from the facts, in the transaction that moves the process's position on.

create table process_positions (
  process  text   primary key,
  position bigint not null check (position >= 0)
);
comment on table process_positions is 'Up to where a process has read the log.';

create table deadlines (
  process       text        collate "C" not null,
  subject       uuid        not null,
  stream        uuid        not null,
  cause         bigint      not null check (cause >= 1),
  due_at        timestamptz not null,
  attempts      int         not null default 0 check (attempts >= 0),
  generation    bigint      not null default 1,
  claimed_until timestamptz,
  stuck         text,
  stuck_since   timestamptz,
  primary key (process, subject)
);
comment on table deadlines is 'When a process looks at a subject again. Decides nothing: what is to be done follows from the facts.';
comment on column deadlines.stream is 'The aggregate whose facts tell what is to be done.';
comment on column deadlines.cause is 'Position of the fact that this follows from.';
comment on column deadlines.generation is 'Moves with every fact, so that whoever acted upon older ones does not forget the newer.';
comment on column deadlines.claimed_until is 'One node at a time acts; should it die, another one may from then on.';
comment on column deadlines.stuck is 'Why somebody should look; it is tried again all the same, seldom.';
create index deadlines_by_due on deadlines (process, due_at);
create index deadlines_stuck on deadlines (process, stuck_since) where stuck is not null;

revoke all on process_positions, deadlines from public;
grant select, insert, update, delete on process_positions, deadlines to evently_writer;
grant select on process_positions, deadlines to evently_projector, evently_reader;
