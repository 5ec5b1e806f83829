DROP TRIGGER desk_guard_mapping ON recovery_operationmapping;
DROP FUNCTION desk_guard_mapping();
