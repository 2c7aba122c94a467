-- Snapshots of large states are kept in parts, of which a save writes those that changed.

create table snapshot_parts (
  aggregate_type text   not null,
  aggregate_id   text   not null,
  schema_version int    not null,
  part           bigint not null check (part >= 0),
  state          bytea  not null,
  sha256         bytea  not null check (length(sha256) = 32),
  primary key (aggregate_type, aggregate_id, schema_version, part),
  foreign key (aggregate_type, aggregate_id, schema_version) references snapshots on delete cascade
);
comment on table snapshot_parts is 'Belongs to the row of snapshots, whose sha256 covers these.';
-- Ids hardly compress, and a save is to be short.
alter table snapshot_parts alter column state set storage external;

revoke all on snapshot_parts from public;
grant select, insert, update, delete on snapshot_parts to evently_writer;
grant select on snapshot_parts to evently_projector, evently_reader;
