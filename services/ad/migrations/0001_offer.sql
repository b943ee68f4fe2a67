-- A row is one offer of seasonal work by a company, in whatever state. What an employer has not said
-- yet is null, an empty text, an empty list or 0.
--
-- Pay and housing are values that nothing searches yet: documents, with amounts as decimal strings,
-- so that no money is ever a floating-point number.
create table offer (
    id uuid not null,
    -- the company, a row of the profile service
    company_id uuid not null,
    -- the occupation, a code of the catalogue
    job_id text not null,
    -- texts by language: {"fr": "Vendangeur", "it": "Vendemmiatore"}
    title jsonb not null,
    description jsonb not null,
    source_language text not null,
    start_date date,
    end_date date,
    flexible_days integer not null,
    apply_by date,
    last_minute boolean not null,
    -- the last day on which one can apply, whether the employer set one or not
    apply_until date generated always as (
        coalesce(apply_by, start_date + case when last_minute then 14 else 0 end)
    ) stored,
    positions_total integer not null,
    positions_filled integer not null,
    -- {"min": {"amount": "12.50", "currency": "EUR"}, "max": null, "period": "HOUR", "extras": []}
    pay jsonb,
    weekly_hours double precision not null,
    place text not null,
    latitude double precision,
    longitude double precision,
    benefits text[] not null,
    -- {"kind": "OFFERED", "rent": …, "rent_period": "MONTH", "places_total": 4, …}
    housing jsonb,
    -- [{"language": "it", "level": "B1"}]
    required_languages jsonb not null,
    required_certificates text[] not null,
    preferred_certificates text[] not null,
    min_age integer not null,
    questions text[] not null,
    contract_kind text,
    external_reference text not null,
    state text not null,
    state_reason text not null,
    -- when it was first published
    publish_time timestamptz,
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null,
    -- the words that the list's text filter looks for, in no language's grammar
    words tsvector generated always as (
        jsonb_to_tsvector('simple', title, '"string"')
        || jsonb_to_tsvector('simple', description, '"string"')
        || to_tsvector('simple', place)
        || to_tsvector('simple', external_reference)
    ) stored,

    constraint offer_has_an_id primary key (id),
    constraint offer_state_is_known check (state in (
        'DRAFT', 'IN_REVIEW', 'PUBLISHED', 'PAUSED', 'FILLED', 'EXPIRED', 'CLOSED', 'SUSPENDED'
    )),
    constraint offer_ends_after_it_starts check (start_date <= end_date),
    constraint offer_apply_by_is_near_its_start check (
        apply_by <= start_date + case when last_minute then 14 else 0 end
    ),
    constraint offer_positions_filled_are_within_total check (
        positions_filled between 0 and positions_total
    ),
    constraint offer_point_is_whole check ((latitude is null) = (longitude is null)),
    constraint offer_revision_counts_from_one check (revision >= 1)
);

-- Does the company use this number of its own for another offer?
create unique index offer_external_reference_is_unique_per_company
    on offer (company_id, external_reference) where external_reference <> '';

-- Which offers can one apply to, the newest or the oldest first?
create index offer_published_by_create_time on offer (create_time, id) where state = 'PUBLISHED';

-- Which offers can one apply to, in the order of their first day?
create index offer_published_by_start_date
    on offer (coalesce(start_date, date '9999-12-31'), id) where state = 'PUBLISHED';

-- Which offers of these occupations can one apply to?
create index offer_published_by_job on offer (job_id, create_time, id) where state = 'PUBLISHED';

-- Which offers does a company have, in any state?
create index offer_by_company on offer (company_id, create_time, id);

-- Which offers wait for an admin, or stand in another state that is not for everyone?
create index offer_by_state on offer (state, create_time, id) where state <> 'PUBLISHED';

-- Which offers have these words in their texts?
create index offer_by_words on offer using gin (words);
