DROP TRIGGER desk_guard ON recovery_destinationchoice;
DROP TRIGGER desk_append_only ON recovery_destinationchoice;
DROP TRIGGER desk_no_truncate ON recovery_destinationchoice;
DROP FUNCTION desk_guard_choice();
