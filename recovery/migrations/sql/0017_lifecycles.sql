-- Written by `python -m recovery.domain.lifecycle_sql` from the tables of the core;
-- not edited by hand. A test holds this file and the tables equal.


CREATE OR REPLACE FUNCTION desk_case_first_status() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT 'new' $$;

CREATE OR REPLACE FUNCTION desk_case_step_known(
  from_status text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2) IN (
    ('awaiting_customer', 'closed'),
    ('awaiting_customer', 'investigating'),
    ('awaiting_customer', 'merged'),
    ('awaiting_customer', 'withdrawn'),
    ('awaiting_third_party', 'investigating'),
    ('awaiting_third_party', 'merged'),
    ('awaiting_third_party', 'withdrawn'),
    ('closed', 'investigating'),
    ('deficit', 'closed'),
    ('deficit', 'investigating'),
    ('investigating', 'awaiting_customer'),
    ('investigating', 'awaiting_third_party'),
    ('investigating', 'merged'),
    ('investigating', 'proposed'),
    ('investigating', 'withdrawn'),
    ('merged', 'investigating'),
    ('new', 'awaiting_customer'),
    ('new', 'investigating'),
    ('new', 'merged'),
    ('new', 'withdrawn'),
    ('not_owed', 'closed'),
    ('not_owed', 'investigating'),
    ('owed', 'closed'),
    ('owed', 'investigating'),
    ('proposed', 'deficit'),
    ('proposed', 'investigating'),
    ('proposed', 'merged'),
    ('proposed', 'not_owed'),
    ('proposed', 'owed'),
    ('proposed', 'withdrawn'),
    ('withdrawn', 'investigating')
  )
$$;

CREATE OR REPLACE FUNCTION desk_case_action_known(
  from_status text, action text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2, $3) IN (
    ('awaiting_customer', 'customer_answered', 'investigating'),
    ('awaiting_customer', 'expire', 'closed'),
    ('awaiting_customer', 'merge', 'merged'),
    ('awaiting_customer', 'withdraw', 'withdrawn'),
    ('awaiting_third_party', 'merge', 'merged'),
    ('awaiting_third_party', 'third_party_answered', 'investigating'),
    ('awaiting_third_party', 'withdraw', 'withdrawn'),
    ('closed', 'reopen', 'investigating'),
    ('deficit', 'close', 'closed'),
    ('deficit', 'reopen', 'investigating'),
    ('deficit', 'void_decision', 'investigating'),
    ('investigating', 'ask_customer', 'awaiting_customer'),
    ('investigating', 'ask_third_party', 'awaiting_third_party'),
    ('investigating', 'merge', 'merged'),
    ('investigating', 'propose_decision', 'proposed'),
    ('investigating', 'withdraw', 'withdrawn'),
    ('merged', 'unmerge', 'investigating'),
    ('new', 'ask_customer', 'awaiting_customer'),
    ('new', 'merge', 'merged'),
    ('new', 'take', 'investigating'),
    ('new', 'withdraw', 'withdrawn'),
    ('not_owed', 'close', 'closed'),
    ('not_owed', 'reopen', 'investigating'),
    ('not_owed', 'void_decision', 'investigating'),
    ('owed', 'close', 'closed'),
    ('owed', 'reopen', 'investigating'),
    ('owed', 'void_decision', 'investigating'),
    ('proposed', 'approve_deficit', 'deficit'),
    ('proposed', 'approve_not_owed', 'not_owed'),
    ('proposed', 'approve_owed', 'owed'),
    ('proposed', 'merge', 'merged'),
    ('proposed', 'return_proposal', 'investigating'),
    ('proposed', 'void_proposal', 'investigating'),
    ('proposed', 'withdraw', 'withdrawn'),
    ('withdrawn', 'reopen', 'investigating')
  )
$$;

CREATE OR REPLACE FUNCTION desk_payment_first_status() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT 'proposed' $$;

CREATE OR REPLACE FUNCTION desk_payment_step_known(
  from_status text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2) IN (
    ('approved', 'cancelled'),
    ('approved', 'held'),
    ('approved', 'in_batch'),
    ('destination_needed', 'held'),
    ('destination_needed', 'replaced'),
    ('held', 'approved'),
    ('held', 'cancelled'),
    ('held', 'destination_needed'),
    ('held', 'proposed'),
    ('in_batch', 'approved'),
    ('in_batch', 'sent'),
    ('proposed', 'approved'),
    ('proposed', 'cancelled'),
    ('proposed', 'held'),
    ('returned', 'destination_needed'),
    ('sent', 'confirmed'),
    ('sent', 'posted'),
    ('sent', 'returned'),
    ('sent', 'uncertain'),
    ('uncertain', 'confirmed'),
    ('uncertain', 'posted'),
    ('uncertain', 'returned')
  )
$$;

CREATE OR REPLACE FUNCTION desk_payment_action_known(
  from_status text, action text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2, $3) IN (
    ('approved', 'add_to_batch', 'in_batch'),
    ('approved', 'cancel', 'cancelled'),
    ('approved', 'hold', 'held'),
    ('approved', 'void_approval', 'cancelled'),
    ('destination_needed', 'hold', 'held'),
    ('destination_needed', 'replace', 'replaced'),
    ('held', 'cancel', 'cancelled'),
    ('held', 'unhold', 'approved'),
    ('held', 'unhold_proposed', 'proposed'),
    ('held', 'unhold_returned', 'destination_needed'),
    ('held', 'void_approval', 'cancelled'),
    ('in_batch', 'drop_from_batch', 'approved'),
    ('in_batch', 'send', 'sent'),
    ('proposed', 'approve', 'approved'),
    ('proposed', 'cancel', 'cancelled'),
    ('proposed', 'hold', 'held'),
    ('proposed', 'void_approval', 'cancelled'),
    ('returned', 'ask_destination', 'destination_needed'),
    ('sent', 'confirm', 'confirmed'),
    ('sent', 'mark_returned', 'returned'),
    ('sent', 'mark_uncertain', 'uncertain'),
    ('sent', 'post', 'posted'),
    ('uncertain', 'confirm', 'confirmed'),
    ('uncertain', 'mark_returned', 'returned'),
    ('uncertain', 'post', 'posted')
  )
$$;

CREATE OR REPLACE FUNCTION desk_collection_first_status() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT 'due' $$;

CREATE OR REPLACE FUNCTION desk_collection_step_known(
  from_status text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2) IN (
    ('arranged', 'noticed'),
    ('arranged', 'settled'),
    ('arranged', 'taken_back'),
    ('arranged', 'write_off_proposed'),
    ('due', 'not_collected'),
    ('due', 'noticed'),
    ('due', 'taken_back'),
    ('due', 'write_off_proposed'),
    ('noticed', 'arranged'),
    ('noticed', 'settled'),
    ('noticed', 'taken_back'),
    ('noticed', 'write_off_proposed'),
    ('settled', 'noticed'),
    ('write_off_proposed', 'noticed'),
    ('write_off_proposed', 'taken_back'),
    ('write_off_proposed', 'written_off')
  )
$$;

CREATE OR REPLACE FUNCTION desk_collection_action_known(
  from_status text, action text, to_status text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2, $3) IN (
    ('arranged', 'miss_instalment', 'noticed'),
    ('arranged', 'propose_write_off', 'write_off_proposed'),
    ('arranged', 'settle', 'settled'),
    ('arranged', 'take_back', 'taken_back'),
    ('due', 'exempt', 'not_collected'),
    ('due', 'propose_write_off', 'write_off_proposed'),
    ('due', 'send_notice', 'noticed'),
    ('due', 'take_back', 'taken_back'),
    ('noticed', 'arrange', 'arranged'),
    ('noticed', 'propose_write_off', 'write_off_proposed'),
    ('noticed', 'settle', 'settled'),
    ('noticed', 'take_back', 'taken_back'),
    ('settled', 'reverse_set_off', 'noticed'),
    ('write_off_proposed', 'approve_write_off', 'written_off'),
    ('write_off_proposed', 'return_write_off', 'noticed'),
    ('write_off_proposed', 'take_back', 'taken_back')
  )
$$;
