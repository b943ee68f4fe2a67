-- A row is one person in one company: first an invitation to an e-mail address, then a member, at last
-- removed. Who made the company starts as its member and was never invited. Rows are kept.
create table member (
    id uuid not null,
    company_id uuid not null,
    -- Keycloak's `sub`; null until the invitation is accepted
    user_id uuid,
    role text not null,
    state text not null,
    -- the address that was invited, in lower case; empty for who made the company
    invite_email text not null,
    -- when the invitation ends; null for who made the company
    expire_time timestamptz,
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null,

    constraint member_is_found_by_id primary key (id),
    constraint member_is_of_a_company foreign key (company_id) references company (id),
    constraint member_role_is_known check (role in ('OWNER', 'RECRUITER', 'VIEWER')),
    constraint member_state_is_known check (state in ('INVITED', 'ACTIVE', 'REMOVED')),
    constraint member_who_is_active_is_a_user check (state <> 'ACTIVE' or user_id is not null),
    constraint member_who_is_invited_has_an_address_and_an_end check (
        state <> 'INVITED' or (user_id is null and invite_email <> '' and expire_time is not null)
    ),
    constraint member_revision_counts_from_one check (revision >= 1)
);

-- What may this user do for this company? Each user is its active member at most once.
create unique index user_is_a_member_once_per_company
    on member (company_id, user_id)
    where state = 'ACTIVE';

-- Is this address invited, or a member? At most once for a company.
create unique index address_is_invited_once_per_company
    on member (company_id, invite_email)
    where state <> 'REMOVED' and invite_email <> '';

-- Who belongs to this company, oldest first?
create index member_by_company on member (company_id, id) where state <> 'REMOVED';

-- Which companies may this user act for?
create index member_by_user on member (user_id) where state = 'ACTIVE';

-- Which invitations wait for this address?
create index member_by_invite_email on member (invite_email) where state = 'INVITED';
