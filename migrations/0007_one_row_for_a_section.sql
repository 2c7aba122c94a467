-- Analytics reads events and sections from the tables that buyers read, and keeps no copy of them. No release has served
-- the copies, so they go at once.

alter table read.sections add column returned int not null default 0;
comment on column read.sections.sold is 'Sold now, without those that were returned.';
comment on column read.sections.returned is 'How many places ever were returned after they were sold.';

-- Each row has the facts up to its position.
with returns as (
  select e.aggregate_id::uuid as event_id, place->>'section' as section_id, e.position, (place->>'quantity')::int as places
    from public.events e cross join json_array_elements(e.payload->'SeatsReturned'->'places') place
   where e.aggregate_type = 'event' and e.event_type = 'SeatsReturned')
update read.sections s set returned = r.places
  from (select event_id, section_id, sum(places) as places
          from returns join read.sections s using (event_id, section_id)
         where returns.position <= s.position
         group by event_id, section_id) r
 where s.event_id = r.event_id and s.section_id = r.section_id;

drop table read.analytics_events, read.analytics_sections;
