-- A row is one person who looks for seasonal work, under the id that Keycloak gave (`sub`). It is made
-- empty when the person first asks for it, and changed by that person alone.
create table worker (
    id uuid not null,
    given_name text not null,
    family_name text not null,
    -- private: others are told only the highest of 16, 18 and 21 that was reached
    birth_date date,
    -- private, in the worker's own words
    gender text not null,
    -- private, E.164
    phone text not null,
    about text not null,
    -- [{"language_code": "it", "level": 4}], the level as in seasonal.value.v1.LanguageLevel
    languages jsonb not null,
    licences text[] not null,
    -- [{"code": "first-aid", "title": "…", "issue_date": "2026-05-01", "expire_date": null}]
    certificates jsonb not null,
    -- ISO 3166-1 alpha-2
    right_to_work_countries text[] not null,
    base_place text not null,
    -- where the worker lives, WGS 84, degrees
    base_latitude double precision,
    base_longitude double precision,
    mobility_km integer not null,
    relocate boolean not null,
    visibility text not null,
    -- private: members of these companies never see the row. No foreign keys: a company may go.
    hidden_from_company_ids uuid[] not null,
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null,

    constraint worker_is_found_by_id primary key (id),
    constraint worker_visibility_is_known
        check (visibility in ('PUBLIC', 'VERIFIED_EMPLOYERS', 'HIDDEN')),
    constraint worker_location_is_whole_or_absent
        check ((base_latitude is null) = (base_longitude is null)),
    constraint worker_mobility_is_not_negative check (mobility_km >= 0),
    constraint worker_revision_counts_from_one check (revision >= 1)
);
