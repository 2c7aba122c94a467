-- What must not stand in the log: how accounts prove who they are, and the keys that seal their personal data.

create table credentials (
  account_id    uuid        primary key,
  email_digest  bytea       not null unique check (length(email_digest) = 32),
  password_hash text        not null,
  changed_at    timestamptz not null default now()
);
comment on column credentials.email_digest is 'HMAC-SHA-256 of the normalised address: finds it, does not tell it.';

create table account_keys (
  account_id uuid        primary key,
  key        bytea       not null check (length(key) = 32),
  created_at timestamptz not null default now()
);
comment on table account_keys is 'Erasing a row makes what it sealed unreadable for ever.';

revoke all on credentials, account_keys from public;
grant select, insert, update on credentials to evently_writer;
grant select, insert, update, delete on account_keys to evently_writer;
