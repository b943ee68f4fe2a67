-- Lists of other states are a company's own and go through its index; what admins list across all
-- companies is what waits for them. The index over every state answered neither in order.
drop index offer_by_state;

-- Which offers wait for an admin?
create index offer_in_review on offer (create_time, id) where state = 'IN_REVIEW';
