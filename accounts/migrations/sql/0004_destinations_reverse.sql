DROP TRIGGER desk_guard_mail ON accounts_customer;
DROP TRIGGER desk_guard ON accounts_contactchange;
DROP TRIGGER desk_guard ON accounts_destination;
DROP FUNCTION desk_guard_mail();
DROP FUNCTION desk_guard_contact_change();
DROP FUNCTION desk_guard_destination();
