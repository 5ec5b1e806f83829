DROP TRIGGER desk_guard_editor ON recovery_approval;
DROP TRIGGER desk_guard_use ON recovery_payment;
DROP FUNCTION desk_guard_approval_editor();
DROP FUNCTION desk_guard_destination_use();
