DROP TRIGGER desk_name_grant ON recovery_approval;
DROP FUNCTION desk_name_grant();
