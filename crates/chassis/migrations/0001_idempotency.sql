-- A row is one command that a caller gave with an Idempotency-Key, and the answer it got. The row is
-- claimed by the first statement of the command's transaction and gets its answer by the last, so that
-- it is seen by others exactly when the command's effect is. Kept for 24 hours.
create table idempotency_key (
    -- who: 'user:<id>' or 'service:<name>'
    caller text not null,
    -- the full name of the method: 'seasonal.ad.v1.OfferService/PublishOffer'
    method text not null,
    key text not null,
    -- SHA-256 of the encoded request
    request_hash bytea not null,
    -- the encoded answer; null only while the command runs
    answer bytea,
    create_time timestamptz not null,
    constraint idempotency_key_is_unique_per_caller_and_method primary key (caller, method, key)
);

-- Which keys are older than a day? (the sweep)
create index idempotency_key_by_create_time on idempotency_key (create_time);
