-- A row is one company that employs people, as its owner describes it, and whether an admin has checked
-- that it is who it says it is.
create table company (
    id uuid not null,
    -- the name in the register
    legal_name text not null,
    -- the name it is known by; empty where that is the legal one
    trade_name text not null,
    -- as the owner wrote it; empty until it is known
    registration_number text not null,
    -- the same without blanks and marks, in capitals: what two companies cannot share
    registration_key text not null,
    -- the country of the register, ISO 3166-1 alpha-2
    country_code text not null,
    -- [{"label": "North vineyard", "place": "Beaune", "location": {"latitude": 47.0, "longitude": 4.8}}]
    sites jsonb not null,
    sector text not null,
    -- {"fr": "…", "en": "…"}, by BCP 47 tag
    about jsonb not null,
    website text not null,
    -- for signed-in callers alone
    contact_email text not null,
    contact_phone text not null,
    verification_state text not null,
    -- why an admin put it into this state; for members and admins alone
    verification_reason text not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null,

    constraint company_is_found_by_id primary key (id),
    constraint company_verification_state_is_known check (
        verification_state in ('UNVERIFIED', 'PENDING', 'VERIFIED', 'REJECTED', 'SUSPENDED')
    ),
    constraint company_that_asked_for_verification_has_a_number check (
        registration_key <> '' or verification_state in ('UNVERIFIED', 'REJECTED')
    ),
    constraint company_revision_counts_from_one check (revision >= 1)
);

-- Is the number taken in the register of this country?
create unique index company_is_unique_by_country_and_registration_number
    on company (country_code, registration_key)
    where registration_key <> '';

-- Which companies are in this state, newest first? (an admin's list)
create index company_by_verification_state on company (verification_state, id desc);
